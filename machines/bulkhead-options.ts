/** The rules of a bulkhead: for the machine, and for its mirror in the guard, which needs no machine. */

export type Priority = 'interactive' | 'normal' | 'background';

export interface BulkheadOptions {
  /** Calls that may run at a time. */
  readonly limit: number;
  /** Slots among them that only interactive calls get; fewer than `limit`. Default 1, or 0 when `limit` is 1. */
  readonly reserve: number;
  /** Calls that may wait for a slot; a further one is refused at once. Default 500. */
  readonly queue: number;
  /** The queue is slow once a call has waited so long, in milliseconds. Default 5,000. */
  readonly slowAfter: number;
  /** So many calls in a row may go before an older one of a lower priority; then it is that one's turn. Default 8. */
  readonly overtakes: number;
}

export const bulkheadDefaults = { queue: 500, slowAfter: 5_000, overtakes: 8 };
