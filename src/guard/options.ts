import type { Priority } from '../../machines/bulkhead-options.ts';
import { breakerDefaults, type BreakerMode, type BreakerOptions, type BreakerRules, type Growth } from '../../machines/circuit-breaker.ts';
import { retryDefaults, type RetryOptions } from '../../machines/retry-backoff.ts';
import { systemClock, type Clock } from '../clock.ts';
import type { FailureClass } from '../errors.ts';
import type { ArrivalHost } from './arrival.ts';
import type { Operation } from './attempt.ts';
import type { Breaker, BreakerHost } from './breaker.ts';
import type { DeadlineList } from './deadlines.ts';
import { asSignal, type CallerSignal, type CancellationToken } from './signals.ts';

/** Times are in milliseconds. They may be longer than JavaScript's own timers accept (2^31 - 1 ms), and Infinity means "no limit". */
export interface GuardOptions {
  /** The dependency, for messages. */
  readonly name: string;
  readonly breaker?: Partial<BreakerOptions>;
  readonly retry?: Partial<RetryOptions>;
  /** The longest one attempt may take, in milliseconds; never more than `budget`. Default 5,000. */
  readonly timeout?: number;
  /** The longest an operation may take with all its attempts and waits, in milliseconds. Default 30,000, or `timeout` when that is more. */
  readonly budget?: number;
  /** Says what a failure means. Default, and when it throws or returns anything else: `classifyFailure`. */
  readonly classify?: (error: unknown) => FailureClass;
  readonly clock?: Clock;
  /** One number in [0, 1) per call, for the jitter. Default, and when it throws or returns anything else: `Math.random`. */
  readonly random?: () => number;
  /** Told what happens; what it throws or rejects with is ignored (P12). */
  readonly onEvent?: (event: GuardEvent) => void;
  /** How failures are counted: see `slidingWindow`. Default: in a row, up to `breaker.threshold`. */
  readonly counting?: CountingRule;
  /** How long OPEN lasts when probes fail: see `growing`. Default: `breaker.openFor` each time. */
  readonly growth?: Growth;
  /** How many calls may run at a time, and how many may wait: see `concurrency`. Default: there is no limit. */
  readonly limit?: CallLimit;
  /** What an earlier process left: see `Guard.persisted` (P11). */
  readonly restore?: PersistedBreaker;
}

export interface ExecuteOptions {
  /** An `AbortSignal`, or a `CancellationToken` of VS Code: ends the call with an `AbortedError` at once, also during a backoff. */
  readonly signal?: CallerSignal | CancellationToken;
  /** Let one attempt take as long as the whole budget instead of `timeout`. Default false. */
  readonly critical?: boolean;
  /** How urgent it is, where the guard has a limit. Default `normal`. */
  readonly priority?: Priority;
  /** What else is done with the call, the outermost first: `shared`, `latest`, `failingResults`, `fallback` and others. */
  readonly with?: CallPolicy | readonly CallPolicy[];
}

/** Does something with a call, by calling `host.execute` with what it was given: see `ExecuteOptions.with`. */
export type CallPolicy = <T>(host: PolicyHost, operation: Operation<T>, options: PolicyOptions) => Promise<Awaited<T>>;

/** @internal What a `CallPolicy` needs of a guard. */
export interface PolicyHost {
  readonly name: string;
  readonly clock: Clock;
  execute<T>(operation: Operation<T>, options?: ExecuteOptions): Promise<Awaited<T>>;
  emit(event: GuardEvent): void;
}

/** What a guard asks for a slot before each call: see `concurrency`. */
export interface CallLimit {
  /** Takes a slot for a call of this priority, if there is one. */
  take(priority: Priority): boolean;
  /** The slot of a call of this priority is free again: the next call begins. */
  give(priority: Priority): void;
  /** @internal There is no slot: the call waits for one. @throws QueueFullError, RateLimitedError */
  queue<T>(host: ArrivalHost, call: PendingCall<T>): void;
  /** @internal An attempt has failed. */
  onFailure?(error: unknown, host: PolicyHost): void;
  /** @internal For so many milliseconds nothing may be sent. */
  opensIn?(): number;
  /** @internal May a call be tried again? Takes one of what is left. */
  takeRetry?(host: PolicyHost): boolean;
  /** @internal How long OPEN lasts: not less than the dependency has asked for. */
  growth?(growth: Growth | undefined): Growth;
  /** @internal The further limit that it was given. */
  readonly inner?: CallLimit | undefined;
}

/** @internal What a call was asked with, but for the policies that are done already. `signal` is left out where there is none. */
export type PolicyOptions = Required<Omit<ExecuteOptions, 'signal'>> & { readonly signal?: CallerSignal };

/** A way of counting failures: see `slidingWindow`. */
export interface CountingRule {
  /** @internal The breaker of one guard, which counts so. */
  breaker(options: BreakerOptions, host: BreakerHost): Breaker;
  /** @internal Deadlines that know which attempts are slow. */
  readonly deadlines?: (clock: Clock, duration: number) => DeadlineList;
}

/** @internal A call that has been asked for and has not begun. */
export interface PendingCall<T> {
  readonly operation: Operation<T>;
  readonly options: CallOptions;
  readonly resolve: (value: Awaited<T>) => void;
  readonly reject: (error: unknown) => void;
}

export type GuardEvent =
  | { readonly type: 'breaker'; readonly from: BreakerMode; readonly to: BreakerMode }
  | { readonly type: 'attempt-failed'; readonly attempt: number; readonly error: unknown; readonly duration: number }
  | { readonly type: 'late'; readonly attempt: number; readonly ok: boolean; readonly error?: unknown }
  | { readonly type: 'retry'; readonly attempt: number }
  | { readonly type: 'rejected' }
  /** The dependency has asked for a time to come back at which is no time, past, or more than a day off: it is ignored. */
  | { readonly type: 'retry-after-ignored'; readonly retryAfter: unknown }
  /** A call has failed, and its caller is given something else: an answer that is `age` milliseconds old, or another value. */
  | { readonly type: 'fallback'; readonly error: unknown; readonly age?: number }
  /** The retry budget is spent: a call is not tried again. */
  | { readonly type: 'retry-refused' }
  /** The limit's queue is full: a call was refused. */
  | { readonly type: 'queue-full' }
  /** A call has waited for long: `waited` milliseconds; `waiting` calls wait. Told once until the queue is empty. */
  | { readonly type: 'queue-slow'; readonly waiting: number; readonly waited: number };

/** A breaker's state in a form that outlives the process: the deadline is absolute. */
export interface PersistedBreaker {
  readonly mode: 'OPEN' | 'HELD';
  /** OPEN: when it probes by itself, in milliseconds since the Unix epoch. */
  readonly until?: number;
  /** OPEN, where it is longer than `openFor`: how long it lasts in all, in milliseconds. */
  readonly wait?: number;
}

/** What can be changed while a guard is in use. What is left out is as its options say. */
export interface GuardTuning {
  readonly breaker?: Partial<BreakerRules>;
  readonly retry?: Partial<Pick<RetryOptions, 'attempts' | 'initialDelay'>>;
}

/** What the guards of a service have in common, complete and checked. */
export interface GuardRules {
  readonly breaker: BreakerOptions;
  readonly retry: RetryOptions;
  readonly timeout: number;
  readonly budget: number;
  readonly random: () => number;
}

/** A guard's options, complete and checked. */
export interface CheckedOptions extends GuardRules {
  readonly name: string;
  readonly classify: GuardOptions['classify'];
  readonly clock: Clock;
  readonly onEvent: GuardOptions['onEvent'];
  readonly counting: CountingRule | undefined;
  readonly growth: Growth | undefined;
  readonly limit: CallLimit | undefined;
  readonly restore: PersistedBreaker | undefined;
}

const defaultTimeout = 5_000;
const defaultBudget = 30_000;

/** What a number must be, in words and as a test. */
export type Rule = readonly [words: string, holds: (value: number) => boolean];

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
export const count: Rule = ['a whole number of at least 1, or Infinity', (value) => isCount(value) || value === Infinity];
export const finiteCount: Rule = ['a whole number of at least 1', isCount];
export const wait: Rule = ['at least 0 ms, or Infinity', (value) => value >= 0];
const finiteWait: Rule = ['at least 0 ms, and not Infinity', (value) => value >= 0 && value < Infinity];
export const limit: Rule = ['more than 0 ms, or Infinity', (value) => value > 0];
const factor: Rule = ['at least 0, and not Infinity', finiteWait[1]];
const someShare: Rule = ['above 0 and up to 1', (value) => value > 0 && value <= 1];
const moment: Rule = ['a time in milliseconds since the Unix epoch', (value) => !Number.isNaN(value)];
const share: Rule = ['from 0 to 1', (value) => value >= 0 && value <= 1];

const breakerRules: Readonly<Record<keyof BreakerOptions, Rule>> = {
  threshold: count, openFor: wait, probes: finiteCount, probeShare: someShare, probeLimit: limit, restFor: wait,
};
const retryRules: Readonly<Record<keyof RetryOptions, Rule>> = {
  attempts: count, initialDelay: finiteWait, factor, maxDelay: wait, jitter: share,
};
const tunable = { breaker: ['threshold', 'openFor'], retry: ['attempts', 'initialDelay'] } as const;

/**
 * A guard's options, complete and checked; each is read once.
 * @throws RangeError, TypeError that name the option, what it must be, and what it is
 */
export function checkOptions(options: GuardOptions): CheckedOptions {
  const rules = checkRules(options);
  const { name, classify, onEvent, clock = systemClock, counting, growth, limit: callLimit, restore } = options;
  if (typeof name !== 'string') throw refusal(TypeError, 'name', 'a text', name);
  checkFunction('classify', classify);
  checkFunction('onEvent', onEvent);
  checkObject('clock', clock);
  for (const member of ['now', 'wallTime', 'setTimeout', 'clearTimeout', 'nextTurn'] as const) checkFunction(`clock.${member}`, clock[member], member === 'nextTurn');
  checkFunction('growth', growth);
  if (counting !== undefined) checkObject('counting', counting);
  if (callLimit !== undefined) checkObject('limit', callLimit);
  return { ...rules, name, classify, onEvent, clock, counting, growth, limit: callLimit, restore: restore === undefined ? undefined : checkRestore(restore) };
}

/** @throws as `checkOptions` */
export function checkRules(options: Pick<GuardOptions, 'breaker' | 'retry' | 'timeout' | 'budget' | 'random'>): GuardRules {
  checkObject('options', options);
  const { breaker, retry, timeout: each = defaultTimeout, budget: all, random = Math.random } = options;
  checkFunction('random', random);
  const timeout = checkNumber('timeout', each, limit);
  const budget = all === undefined ? Math.max(defaultBudget, timeout) : checkNumber('budget', all, limit);
  return {
    breaker: { ...breakerDefaults, ...checkNumbers('breaker', breaker, breakerRules) },
    retry: { ...retryDefaults, ...checkNumbers('retry', retry, retryRules) },
    timeout: Math.min(timeout, budget),
    budget,
    random,
  };
}

/** What is to be changed. @throws as `checkOptions`; TypeError for what cannot be changed */
export function checkTuning(tuning: GuardTuning): Required<GuardTuning> {
  checkObject('tuning', tuning);
  const breaker = checkNumbers('breaker', tuning.breaker, breakerRules);
  const retry = checkNumbers('retry', tuning.retry, retryRules);
  for (const [name, given, allowed] of [['breaker', breaker, tunable.breaker], ['retry', retry, tunable.retry]] as const) {
    const fixed = Object.keys(given).find((option) => !(allowed as readonly string[]).includes(option));
    if (fixed === undefined) continue;
    throw new TypeError(`${name}.${fixed} cannot be changed while the guard is in use; ${allowed.join(' and ')} can.`);
  }
  return { breaker, retry };
}

/** What a call was asked with. */
export interface CallOptions {
  readonly signal: CallerSignal | undefined;
  readonly aborted: boolean;
  readonly critical: boolean;
  readonly priority: Priority;
  readonly policies: readonly CallPolicy[];
}

/** @throws TypeError as `checkOptions`, and whatever an option throws when it is read */
export function checkExecuteOptions(options: ExecuteOptions = {}): CallOptions {
  checkObject('options', options);
  const { signal: given, critical = false, priority = 'normal', with: policies = [] } = options;
  if (typeof critical !== 'boolean') throw refusal(TypeError, 'critical', 'true or false', critical);
  const all = [policies].flat();
  for (const policy of all) checkFunction('with', policy);
  const signal = given === undefined ? undefined : asSignal(given);
  if (signal === undefined && given !== undefined) throw refusal(TypeError, 'signal', 'an AbortSignal or a CancellationToken', given);
  return { signal, aborted: signal?.aborted === true, critical, priority, policies: all };
}

function checkRestore(restore: PersistedBreaker): PersistedBreaker {
  checkObject('restore', restore);
  const { mode, until, wait: all } = restore;
  if (mode !== 'OPEN' && mode !== 'HELD') throw refusal(TypeError, 'restore.mode', '"OPEN" or "HELD"', mode);
  return {
    mode,
    ...(until === undefined ? {} : { until: checkNumber('restore.until', until, moment) }),
    ...(all === undefined ? {} : { wait: checkNumber('restore.wait', all, wait) }),
  };
}

/** Those that are given. */
export function checkNumbers<K extends string>(
  name: string,
  given: Partial<Readonly<Record<K, number>>> | undefined,
  rules: Readonly<Record<K, Rule>>,
): Partial<Record<K, number>> {
  if (given === undefined) return {};
  checkObject(name, given);
  const checked: Partial<Record<K, number>> = {};
  for (const option of Object.keys(rules) as K[]) {
    const value = given[option];
    if (value !== undefined) checked[option] = checkNumber(`${name}.${option}`, value, rules[option]);
  }
  return checked;
}

function checkNumber(option: string, value: unknown, [words, holds]: Rule): number {
  if (typeof value !== 'number') throw refusal(TypeError, option, `a number: ${words}`, value);
  if (!holds(value)) throw refusal(RangeError, option, words, value);
  return value;
}

function checkObject(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw refusal(TypeError, option, 'an object', value);
}

function checkFunction(option: string, value: unknown, optional = true): void {
  if (!(optional && value === undefined) && typeof value !== 'function') throw refusal(TypeError, option, 'a function', value);
}

export function refusal(kind: new (message: string) => Error, option: string, allowed: string, value: unknown): Error {
  return new kind(`${option} must be ${allowed}; it is ${shown(value)}.`);
}

/** A value in a message, without looking into it. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string': return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case 'object': return value === null ? 'null' : 'an object';
    case 'function': return 'a function';
    case 'symbol': return 'a symbol';
    default: return String(value);
  }
}
