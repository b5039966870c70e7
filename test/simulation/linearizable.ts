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
  let visits = 0;

  /** @param latest when the latest of those that have taken effect was called */
  function search(left: readonly number[], state: S, latest: number): boolean {
    if (left.every((index) => sorted[index]!.optional)) return true;
    const id = `${left.join()} ${latest} ${show(state)}`;
    if (seen.has(id) || visits > maxVisits) return false;
    seen.add(id);
    visits++;
    // Nothing that was called after another had returned can come before it.
    const firstReturn = Math.min(...left.map((index) => (sorted[index]!.optional ? Infinity : sorted[index]!.returned)));
    for (const index of left) {
      const operation = sorted[index]!;
      if (operation.called > firstReturn) break;
      if (operation.returned < latest) continue;
      const after = operation.apply(state);
      if (after !== undefined && search(left.filter((other) => other !== index), after.state, Math.max(latest, operation.called))) return true;
    }
    return false;
  }

  if (search(sorted.map((_operation, index) => index), initial, 0)) return 'yes';
  return visits > maxVisits ? 'undecided' : 'no';
}
