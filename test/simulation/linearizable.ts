/**
 * Is there an order of the operations on one register, each taking effect at one moment between its call and its
 * return, in which every read gives what is there? (Wing and Gong's search, with the states seen so far remembered.)
 */

export interface RegisterOperation<S> {
  /** For messages. */
  readonly name: string;
  readonly called: number;
  /** `Infinity` when it may take effect at any time after. */
  readonly returned: number;
  /** It may have taken effect, or not. */
  readonly optional: boolean;
  /** The state after it, or `undefined` when it cannot have happened in this state. */
  apply(state: S): { readonly state: S } | undefined;
}

/** `undecided`: there are too many orders to try them all. */
export type Verdict = 'yes' | 'no' | 'undecided';

/** No more than this many places in the search are looked at. */
const maxVisits = 50_000;

export function linearizable<S>(operations: readonly RegisterOperation<S>[], initial: S, show: (state: S) => string): Verdict {
  const sorted = [...operations].sort((a, b) => a.called - b.called);
  const seen = new Set<string>();
  const taken = sorted.map(() => false);
  let required = sorted.filter(({ optional }) => !optional).length;
  let visits = 0;
  /** States go by numbers: to compare and to show one takes much longer than the rest of a visit. */
  const states: S[] = [];
  const numbers = new Map<string, number>();
  /** For each operation what becomes of each state, by its number; `undefined`: not asked so far. */
  const becomes = sorted.map((): (number | 'impossible' | undefined)[] => []);

  function numberOf(state: S): number {
    const shown = show(state);
    let number = numbers.get(shown);
    if (number === undefined) numbers.set(shown, (number = states.push(state) - 1));
    return number;
  }

  function stateAfter(index: number, state: number): number | 'impossible' {
    const after = sorted[index]!.apply(states[state]!);
    return (becomes[index]![state] = after === undefined ? 'impossible' : numberOf(after.state));
  }

  /**
   * @param first of those that have not taken effect
   * @param end after the last of those that have
   * @param latest when the latest of those that have taken effect was called
   */
  function search(first: number, end: number, state: number, latest: number): boolean {
    if (required === 0) return true;
    if (visits > maxVisits || (seen.size > 0 && seen.has(nameOf(first, end, state, latest)))) return false;
    visits++;
    if (leadsToEnd(first, end, state, latest)) return true;
    // As it was at the beginning. Most histories are explained without a way back, and need no names.
    seen.add(nameOf(first, end, state, latest));
    return false;
  }

  /** What is left to do from here on depends on this alone. */
  function nameOf(first: number, end: number, state: number, latest: number): string {
    // In characters of 16 bits: a name of digits is longer, and takes longer to make.
    const characters = [end, latest >> 16, latest, state >> 16, state];
    // What returned before something that has taken effect was called cannot take effect any more.
    for (let index = first; index < end; index++) if (!taken[index]! && sorted[index]!.returned >= latest) characters.push(index);
    return String.fromCharCode(...characters);
  }

  function leadsToEnd(first: number, end: number, state: number, latest: number): boolean {
    // Nothing that was called after another had returned can come before it.
    let firstReturn = Infinity;
    const candidates: number[] = [];
    for (let index = first; index < sorted.length; index++) {
      const { called, returned, optional } = sorted[index]!;
      if (called > firstReturn) break;
      if (taken[index]!) continue;
      if (!optional) firstReturn = Math.min(firstReturn, returned);
      candidates.push(index);
    }
    if (firstReturn < latest) return false;
    for (const index of candidates) {
      const { called, returned } = sorted[index]!;
      if (called > firstReturn) break;
      if (returned >= latest && take(index, first, end, state, latest)) return true;
    }
    return false;
  }

  function take(index: number, first: number, end: number, state: number, latest: number): boolean {
    const { called, optional } = sorted[index]!;
    const after = becomes[index]![state] ?? stateAfter(index, state);
    if (after === 'impossible') return false;
    taken[index] = true;
    if (!optional) required--;
    let next = first;
    while (taken[next] === true) next++;
    const found = search(next, Math.max(end, index + 1), after, Math.max(latest, called));
    taken[index] = false;
    if (!optional) required++;
    return found;
  }

  if (search(0, 0, numberOf(initial), 0)) return 'yes';
  return visits > maxVisits ? 'undecided' : 'no';
}
