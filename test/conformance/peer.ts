/** What every peer is asked for: one dependency under a breaker, a timeout and, where it has one, a retry. */

/** P1 to P15 and others: docs/properties.md. */
export type PropertyId = `P${number}`;

/** What a breaker opens by. */
export type Way = 'in a row' | 'by calls' | 'over time' | 'slow calls';
export const ways: readonly Way[] = ['in a row', 'by calls', 'over time', 'slow calls'];

/**
 * Set up alike for all, as far as each allows: five failures in a row open it, or half of a window with at least five calls in it;
 * it probes after this long, in milliseconds.
 */
export const threshold = 5;
export const openFor = 60_000;
export const failureShare = 0.5;
/** A window holds so many calls, or so much time. */
export const windowCalls = 10;
export const windowTime = 30_000;
/** Where slow calls are counted, a call is slow after so many milliseconds. */
export const slowAfter = 1_000;

export interface Setup extends Features {
  readonly way: Way;
  /** Three attempts, 1 s before the second. Breaker scenarios go without. */
  readonly retry: boolean;
  /** The longest an attempt may take, in milliseconds; a call may take ten times as long. */
  readonly timeout: number;
  /** What `save` gave in an earlier process. */
  readonly restore?: unknown;
}

/** What a scenario is about besides; left out elsewhere. */
export interface Features {
  /** So many calls run, and so many wait; slots in reserve are for interactive ones. */
  readonly limit?: { readonly limit: number; readonly queue: number; readonly reserve?: number };
  /** Calls with the same `CallOptions.shared` are made once. */
  readonly sharing?: true;
  /** OPEN lasts twice as long each time, up to this. */
  readonly growsUpTo?: number;
  /** So many probes, of which half must succeed. */
  readonly probes?: number;
  /** Which results are failures. */
  readonly isFailure?: (result: unknown) => boolean;
  /** When the dependency wants to be asked again, in milliseconds. */
  readonly retryAfter?: (error: unknown) => number | undefined;
  /** Retries are at most a tenth of the calls. */
  readonly retryBudget?: true;
  /** What a caller gets instead of a failure. */
  readonly fallback?: () => string;
  /** A caller gets the last good answer when it is not older than this. */
  readonly lastGood?: number;
}

export interface CallOptions {
  readonly priority?: 'interactive' | 'normal' | 'background';
  readonly shared?: string;
  readonly latest?: string;
}

export type Operation<T> = (signal: AbortSignal) => Promise<T>;

export interface Subject {
  /** Calls the dependency. `signal` is the caller's own. */
  call<T>(operation: Operation<T>, signal?: AbortSignal, options?: CallOptions): Promise<T>;
  isClosed(): boolean;
  /** Holds it open by hand, and lets go again; absent where that is not offered. */
  hold?(): void;
  release?(): void;
  /** What a later process can be given; absent where that is not offered. */
  save?(): unknown;
  /** Hears every event there is to hear; absent where there is none. */
  listen?(listener: () => void): void;
  /** Hears why a fallback was used. */
  onFallback?(listener: (error: unknown) => void): void;
  dispose?(): void;
}

/** Breakers by key. */
export interface Keyed {
  /** @throws when there are as many as there may be, and all are in use */
  for(key: string): Subject;
  readonly size: number;
  dispose(): void;
}

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** How it can count; none where it has no breaker. */
  readonly ways: readonly Way[];
  /** What it has no notion of, and why a scenario could not judge it fairly. */
  readonly lacks?: Readonly<Partial<Record<PropertyId, string>>>;
  /** What is fair to know beside a verdict: it is documented, or there is another way. */
  readonly notes?: Readonly<Partial<Record<PropertyId, string>>>;
  /** It tries again by itself. */
  readonly retries: boolean;
  /** Beside what every peer is asked for. */
  readonly offers?: readonly ('latest' | 'last good')[];
  make(setup: Setup): Subject;
  byKey?(setup: Setup, options: { readonly max: number; readonly forgetAfter: number }): Keyed;
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

/** The dependency says when to come back, in milliseconds. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
  readonly comeBackIn: number;

  constructor(comeBackIn: number) {
    super('injected');
    this.comeBackIn = comeBackIn;
  }
}

/** Ended by the caller's own signal, as `fetch` and Node tell it. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
