/**
 * Every error a caller of Holdfast can see.
 *
 * `code` is stable and meant for programs, `message` for developers, `userAction` for the people who
 * use the extension. `retryable` says whether the same call can succeed later without anyone doing
 * anything. Errors never carry the value of a setting marked secret.
 */

export type ErrorCode =
  | 'VALIDATION'
  | 'TIMEOUT'
  | 'CIRCUIT_OPEN'
  | 'QUEUE_FULL'
  | 'FAILED_RESULT'
  | 'RATE_LIMITED'
  | 'GUARDS_FULL'
  | 'INJECTED'
  | 'DISPOSED'
  | 'ABORTED'
  | 'STORE'
  | 'TRANSACTION'
  | 'SUPERVISION';

/** Where it happened: the setting, the target and whatever else helps to find the cause. */
export type ErrorContext = Readonly<Record<string, unknown>>;

export interface ErrorDetails {
  readonly retryable?: boolean;
  /** What a person can do about it, in the words of the editor's user. */
  readonly userAction?: string;
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/** One failed attempt of an operation, kept on the error that ended the operation. */
export interface FailedAttempt {
  /** 1 for the first attempt. */
  readonly number: number;
  readonly error: unknown;
  /** Length of the attempt, in milliseconds. */
  readonly duration: number;
}

export abstract class ConfigurationError extends Error {
  abstract readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly userAction?: string;
  readonly context: ErrorContext;
  /** The attempts made before the operation was given up, oldest first. */
  attempts: readonly FailedAttempt[] = [];

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.retryable = details.retryable ?? false;
    if (details.userAction !== undefined) this.userAction = details.userAction;
    this.context = details.context ?? {};
  }

  /** @internal What it means for retries and the breaker. */
  get failureClass(): FailureClass {
    return this.code === 'TIMEOUT' || this.retryable ? 'transient' : 'caller';
  }
}

/** A message is often followed by what a person can do: each is a sentence. */
const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** The key or the value was refused before anything happened: no attempt, no effect on the breaker (P7, P50). */
export class ValidationError extends ConfigurationError {
  readonly code = 'VALIDATION';
  /** The setting (or the hostile key, shortened) that was refused. */
  readonly field: string;

  constructor(field: string, problem: string, details: ErrorDetails = {}) {
    super(sentence(`"${field}" ${problem}`), { ...details, context: { field, ...details.context } });
    this.field = field;
  }
}

/** What is known about a write that was given up: it did not happen, or nobody can tell yet (P29). */
export type WriteOutcome = 'not stored' | 'unknown';

/** An operation did not end within its time. */
export class TimeoutError extends ConfigurationError {
  readonly code = 'TIMEOUT';
  /** The time that was allowed, in milliseconds. */
  readonly timeout: number;
  readonly outcome: WriteOutcome;

  constructor(what: string, timeout: number, outcome: WriteOutcome, details: ErrorDetails = {}) {
    const known = outcome === 'unknown' ? 'whether it took effect is not known yet' : 'it did not take effect';
    super(`${what} did not finish within ${timeout} ms; ${known}.`, { retryable: true, ...details });
    this.timeout = timeout;
    this.outcome = outcome;
  }
}

/**
 * Refused without trying, because the dependency has been failing. `context.held` is true while an operator holds the
 * breaker open: then trying again cannot help, and releasing it does.
 */
export class CircuitOpenError extends ConfigurationError {
  readonly code = 'CIRCUIT_OPEN';
  /** Milliseconds until the breaker probes by itself; `undefined` while it probes right now or is held open by an operator. */
  readonly retryAfter?: number;

  constructor(name: string, retryAfter: number | undefined, details: ErrorDetails = {}) {
    const when = retryAfter === undefined ? '' : ` It probes again in ${Math.ceil(retryAfter / 1000)} s.`;
    super(`The circuit breaker of ${name} is open.${when}`, { retryable: true, ...details });
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }
}

/** More writes are waiting than the queue may hold (P25), or more calls than the limit of a guard lets wait (P70). */
export class QueueFullError extends ConfigurationError {
  readonly code = 'QUEUE_FULL';
  readonly capacity: number;

  constructor(queue: string, capacity: number, what: 'writes' | 'calls' = 'writes') {
    super(what === 'writes' ? `The write queue of ${queue} holds ${capacity} writes already.` : `${capacity} calls of ${queue} are waiting already.`, {
      retryable: true,
      ...(what === 'writes' ? { userAction: 'Wait until the waiting writes are stored, then try again.' } : {}),
    });
    this.capacity = capacity;
  }
}

/** Refused without trying: the dependency has said when it may be asked again, and that is later than the call may wait. */
export class RateLimitedError extends ConfigurationError {
  readonly code = 'RATE_LIMITED';
  /** Milliseconds until the dependency may be asked again. */
  readonly retryAfter: number;

  constructor(name: string, retryAfter: number) {
    super(`${name} asks not to be called for another ${Math.ceil(retryAfter / 1_000)} s.`, { retryable: true });
    this.retryAfter = retryAfter;
  }
}

/** There are as many guards by key as there may be, and each of them is in use. */
export class GuardsFullError extends ConfigurationError {
  readonly code = 'GUARDS_FULL';
  readonly capacity: number;

  constructor(capacity: number) {
    super(`There are ${capacity} guards already, and each of them is in use.`, { retryable: true });
    this.capacity = capacity;
  }
}

/** The service or guard was disposed before or during the call. */
export class DisposedError extends ConfigurationError {
  readonly code = 'DISPOSED';

  constructor(name: string, details: ErrorDetails = {}) {
    super(`${name} has been disposed.`, details);
  }
}

/** The caller's own signal ended the call. Never a timeout in disguise (P6). */
export class AbortedError extends ConfigurationError {
  readonly code = 'ABORTED';
  readonly outcome: WriteOutcome;

  constructor(what: string, outcome: WriteOutcome, details: ErrorDetails = {}) {
    super(`${what} was aborted by its caller.`, details);
    this.outcome = outcome;
  }
}

/** Too many crashes: the supervisor has stopped restarting. Reads go on, writes are refused. */
export class SupervisionError extends ConfigurationError {
  readonly code = 'SUPERVISION';

  constructor(name: string, details: ErrorDetails = {}) {
    super(`${name} has crashed too often and refuses writes; reads are served from the last good values.`, {
      userAction: 'Run "Holdfast: Reset", or reload the window; then export a diagnostics file for the extension’s author.',
      ...details,
    });
  }
}

/** Why a store refused. The facts behind each reason: src/store/vscode-failure.ts. */
export type StoreReason =
  | 'unregistered'
  | 'policy'
  | 'scope'
  | 'no-workspace'
  | 'dirty'
  | 'invalid-file'
  | 'conflict'
  | 'newer'
  | 'permission'
  | 'read-only'
  | 'no-space'
  | 'not-ready'
  | 'shutting-down'
  | 'not-verified'
  | 'unsupported'
  | 'io'
  | 'unknown';

/**
 * What each reason means for the caller:
 * `transient` is retried with backoff, `user` needs a person, `permanent` does not heal in this session,
 * `caller` is the caller's own doing: a programming error, or it has cancelled. All but `caller` say something about the
 * dependency and count for its breaker.
 */
export type FailureClass = 'transient' | 'user' | 'permanent' | 'caller';

interface ReasonFacts {
  readonly class: FailureClass;
  readonly userAction?: string;
}

export const storeReasons: Readonly<Record<StoreReason, ReasonFacts>> = {
  /** The key is not among the settings in the extension's package.json. */
  'unregistered': { class: 'caller' },
  /** A policy of the organisation decides the value. */
  'policy': { class: 'caller', userAction: 'Your organisation manages this setting; ask its administrator.' },
  /** The setting cannot be written at this target, or for this resource or language. */
  'scope': { class: 'caller' },
  /** The workspace or a folder was asked for, and none is open. */
  'no-workspace': { class: 'caller', userAction: 'Open a folder or workspace first, or store the value in the user settings.' },
  /** The settings file has changes that are not saved. */
  'dirty': { class: 'user', userAction: 'Save the settings file, then try again.' },
  /** The settings file does not parse. */
  'invalid-file': { class: 'user', userAction: 'Open the settings file and correct its errors, then try again.' },
  /** Something else in the settings file hides the setting, or its name stands there twice: VS Code would store it, and not read it. */
  'conflict': { class: 'caller', userAction: 'Open the settings file and remove what stands in the way of the setting, then try again.' },
  /** The settings file, or the value, was changed by someone else meanwhile. */
  'newer': { class: 'transient', userAction: 'The settings file changed on disk; it is read again before the next attempt.' },
  /** The file system does not allow to write the settings file. */
  'permission': { class: 'user', userAction: 'Allow writing to the settings file, then try again.' },
  /** The settings file is on a read-only file system. */
  'read-only': { class: 'permanent', userAction: 'The settings file is on a read-only file system: make it writable, or store the value somewhere else.' },
  /** No disk space is left. */
  'no-space': { class: 'user', userAction: 'Free some disk space, then try again.' },
  /** VS Code is starting and takes no writes yet. */
  'not-ready': { class: 'transient' },
  /** The window was closing; whether the value was stored is looked up at the next start. */
  'shutting-down': { class: 'caller', userAction: 'The window is closing; the write is checked at the next start.' },
  /** The store said that it had stored the value, and something else was read back. */
  'not-verified': { class: 'transient', userAction: 'The settings file did not keep the value; look for another program that rewrites it.' },
  /** There is no such store on this host: a browser has no disk. */
  'unsupported': { class: 'caller' },
  /** The file system, or another dependency, failed for the time being. */
  'io': { class: 'transient' },
  /** Nothing that is known here; the message is what was said. */
  'unknown': { class: 'transient' },
};

/** The store refused: VS Code, or the file system, and why. */
export class StoreError extends ConfigurationError {
  readonly code = 'STORE';
  readonly reason: StoreReason;

  constructor(reason: StoreReason, message: string, details: ErrorDetails = {}) {
    const facts = storeReasons[reason];
    super(sentence(message), {
      retryable: facts.class === 'transient',
      ...(facts.userAction === undefined ? {} : { userAction: facts.userAction }),
      ...details,
      context: { reason, ...details.context },
    });
    this.reason = reason;
  }

  /** @internal */
  override get failureClass(): FailureClass {
    return storeReasons[this.reason].class;
  }
}

/** A transaction failed. Every key is as it was, but for those in `notRestored` (P24). */
export class TransactionError extends ConfigurationError {
  readonly code = 'TRANSACTION';
  readonly rolledBack: readonly string[];
  readonly notRestored: readonly string[];

  constructor(failedKey: string, rolledBack: readonly string[], notRestored: readonly string[], details: ErrorDetails = {}) {
    const rest = notRestored.length === 0 ? 'Every setting is as it was.' : `Not restored: ${notRestored.join(', ')}.`;
    super(`The transaction failed at "${failedKey}". ${rest}`, {
      ...details,
      context: { failedKey, rolledBack, notRestored, ...details.context },
    });
    this.rolledBack = rolledBack;
    this.notRestored = notRestored;
  }
}
