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

  /**
   * @param first of those that have not taken effect
   * @param end after the last of those that have
   * @param latest when the latest of those that have taken effect was called
   */
  function search(first: number, end: number, state: S, latest: number): boolean {
    if (required === 0) return true;
    const left: number[] = [];
    // What returned before something that has taken effect was called cannot take effect any more.
    for (let index = first; index < end; index++) if (!taken[index]! && sorted[index]!.returned >= latest) left.push(index);
    const id = `${left.join()} ${end} ${latest} ${show(state)}`;
    if (seen.has(id) || visits > maxVisits) return false;
    seen.add(id);
    visits++;
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

  function take(index: number, first: number, end: number, state: S, latest: number): boolean {
    const { called, optional, apply } = sorted[index]!;
    const after = apply(state);
    if (after === undefined) return false;
    taken[index] = true;
    if (!optional) required--;
    let next = first;
    while (taken[next] === true) next++;
    const found = search(next, Math.max(end, index + 1), after.state, Math.max(latest, called));
    taken[index] = false;
    if (!optional) required++;
    return found;
  }

  if (search(0, 0, initial, 0)) return 'yes';
  return visits > maxVisits ? 'undecided' : 'no';
}
