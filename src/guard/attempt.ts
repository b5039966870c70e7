/** One attempt of a call, as its operation sees it. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** Aborted when the attempt is given up: timeout, the caller's abort, disposal; its reason is the error. Made when first read. */
  readonly signal: AbortSignal;
}

/** What a guard runs. */
export type Operation<T> = (attempt: Attempt) => T | PromiseLike<T>;
