/** What every peer is asked for: one dependency under a breaker, a timeout and, where it has one, a retry. */

/** P1 to P15. */
export type PropertyId = `P${number}`;

export interface Setup {
  /** Three attempts, 1 s before the second. Breaker scenarios go without. */
  readonly retry: boolean;
  /** The longest an attempt may take, in milliseconds. */
  readonly timeout: number;
  /** What `save` gave in an earlier process. */
  readonly restore?: unknown;
}

/** Set up alike for all, as far as each allows: five failures in a row open it, and it probes after this long, in milliseconds. */
export const threshold = 5;
export const openFor = 60_000;

export type Operation<T> = (signal: AbortSignal) => Promise<T>;

export interface Subject {
  /** Calls the dependency. `signal` is the caller's own. */
  call<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T>;
  isClosed(): boolean;
  /** Holds it open by hand, and lets go again; absent where that is not offered. */
  hold?(): void;
  release?(): void;
  /** What a later process can be given; absent where that is not offered. */
  save?(): unknown;
  /** Hears every event there is to hear; absent where there is none. */
  listen?(listener: () => void): void;
  dispose?(): void;
}

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** What it has no notion of, and why a scenario could not judge it fairly. */
  readonly lacks?: Readonly<Partial<Record<PropertyId, string>>>;
  /** What is fair to know beside a verdict: it is documented, or there is another way. */
  readonly notes?: Readonly<Partial<Record<PropertyId, string>>>;
  /** It tries again by itself. */
  readonly retries: boolean;
  make(setup: Setup): Subject;
  isTimeout(error: unknown): boolean;
}

/** A failure that another attempt may cure. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}

/** The caller is to blame: every peer is told so, where it can be told. */
export class InvalidError extends Error {
  override readonly name = 'InvalidError';
}

/** The dependency is to blame, and no further attempt will help. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}

/** Ended by the caller's own signal, as `fetch` and Node tell it. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
