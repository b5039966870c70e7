import { expect } from 'chai';
import { createActor, type EventObject } from 'xstate';
import { breakerDefaults, circuitBreaker } from '../../../machines/circuit-breaker.ts';
import { retrySequencer } from '../../../machines/retry-sequencer.ts';
import { actorClock } from '../../../src/clock.ts';
import { createGuard, Guard, type GuardActors } from '../../../src/guard/guard.ts';
import type { StandaloneGuard } from '../../../src/guard/standalone-guard.ts';
import { AbortedError, DisposedError, retryAfter, retryBudget, StoreError, TimeoutError, ValidationError, type Attempt, type FailedAttempt, type GuardOptions } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { RetryOracle, type Answer, type Failure, type RetryRules } from './oracle.ts';

export interface RetryVariant extends Variant {
  readonly rules: RetryRules;
  readonly actor: boolean;
  /** The machine falls asleep during each attempt that takes too long, and each wait. */
  readonly sleeps: boolean;
}

/** What a supervisor does for a guard. */
function supervised(clock: VirtualClock): GuardActors {
  const awaited = { setTimeout: (fn: () => void, ms: number) => clock.setTimeout(fn, ms), clearTimeout: (id: never) => clock.clearTimeout(id) };
  let breaker: ReturnType<GuardActors['breaker']>;
  return {
    breaker: () => (breaker ??= createActor(circuitBreaker, { clock: actorClock(clock), input: breakerDefaults }).start()),
    spawnRetry: (input) => createActor(retrySequencer, { clock: awaited, input }).start(),
  };
}

/** `how` tells apart what the machine does not: the same event has several causes. */
export type ModelEvent =
  | { readonly type: 'ATTEMPT_SUCCEEDED' }
  | { readonly type: 'ATTEMPT_FAILED'; readonly retryable: boolean; readonly how: Failure | 'breaker open' }
  | { readonly type: 'ABORT'; readonly how: 'aborted' | 'disposed' }
  | { readonly type: 'GIVE_UP' };

/** Throws whatever is done with it. */
function unreadable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const errors: Record<Exclude<Failure, 'timeout'>, unknown> = {
  error: new StoreError('io', 'Injected: io.'),
  unreadable: unreadable(),
  permanent: Object.assign(new Error('Injected: no such file.'), { code: 'ENOENT' }),
  caller: new ValidationError('a field', 'is injected'),
  cancelled: new DOMException('Injected: cancelled.', 'AbortError'),
};

const hour = 3_600_000;

type Settled = { readonly value: string } | { readonly error: unknown };

/** One operation under a guard: each attempt goes on until the path says how it ends. */
export class RetryRun implements Run {
  readonly #clock = new VirtualClock();
  readonly #guard: StandaloneGuard;
  readonly #oracle: RetryOracle;
  readonly #caller = new AbortController();
  readonly #attempts: { readonly attempt: Attempt; readonly resolve: (value: string) => void; readonly reject: (error: unknown) => void }[] = [];
  readonly #calls: number[] = [];
  #late = 0;
  #answer: Settled | undefined;
  #answers = 0;
  /** The implementation is a step ahead of the path: it begins an attempt and gives up in one go. */
  #ahead = false;
  readonly #sleeps: boolean;

  constructor({ rules, actor, sleeps }: RetryVariant) {
    this.#sleeps = sleeps;
    const { attempts, initialDelay, factor, maxDelay, jitter, timeout, budget, random, asks, spent = false } = rules;
    this.#oracle = new RetryOracle(rules);
    const options: GuardOptions = {
      name: 'the dependency',
      clock: this.#clock,
      retry: { attempts, initialDelay, factor, maxDelay, jitter },
      timeout,
      budget,
      random: () => random,
      ...(asks === undefined ? {} : { limit: retryAfter(() => asks) }),
      ...(spent ? { limit: retryBudget({ share: 0, atLeast: 0 }) } : {}),
      onEvent: ({ type }) => {
        if (type === 'late') this.#late++;
      },
    };
    this.#guard = actor ? new Guard(options, supervised(this.#clock)) : createGuard(options);
    this.#guard.execute((attempt) => {
      this.#calls.push(this.#clock.now());
      return new Promise<string>((resolve, reject) => this.#attempts.push({ attempt, resolve, reject }));
    }, { signal: this.#caller.signal }).then(
      (value) => this.#settle({ value }),
      (error: unknown) => this.#settle({ error }),
    );
  }

  readonly events = {
    ATTEMPT_SUCCEEDED: async () => {
      this.#attempts.at(-1)!.resolve('stored');
      this.#oracle.succeed();
      await this.#clock.flush();
    },
    ATTEMPT_FAILED: async ({ how }: ModelEvent & { type: 'ATTEMPT_FAILED' }) => {
      if (how === 'timeout') {
        if (this.#sleeps) await this.#sleep();
        return this.#passTo(this.#oracle.due);
      }
      if (how === 'breaker open') this.#openBreaker();
      const failure = how === 'breaker open' ? 'error' : how;
      this.#attempts.at(-1)!.reject(errors[failure]);
      this.#oracle.fail(failure);
      return this.#clock.flush();
    },
    ABORT: async ({ how }: ModelEvent & { type: 'ABORT' }) => {
      if (how === 'aborted') this.#caller.abort();
      else this.#guard.dispose();
      this.#oracle.leave(how);
      await this.#clock.flush();
    },
    GIVE_UP: () => {
      expect(this.#ahead, 'the breaker opened in time').to.equal(true);
      this.#ahead = false;
    },
    'xstate.after.backoff.retry-sequencer.backoff': async (_event: EventObject, next: EventObject | undefined) => {
      this.#ahead = next?.type === 'GIVE_UP';
      if (this.#ahead) this.#openBreaker();
      if (this.#sleeps) await this.#sleep();
      else await this.#passTo(this.#oracle.due);
    },
  };

  readonly states = {
    'retry-sequencer.attempting': () => this.#ahead || this.#expectState('pending', true),
    'retry-sequencer.deciding': () => expect.fail('deciding is passed through at once'),
    'retry-sequencer.paying': () => expect.fail('paying is passed through at once'),
    'retry-sequencer.backoff': () => this.#expectState('pending', false),
    'retry-sequencer.succeeded': () => this.#expectState('value', false),
    'retry-sequencer.exhausted': () => {
      expect(this.#oracle.answer).to.be.oneOf(['error', 'timeout', 'unreadable', 'permanent', 'caller', 'cancelled']);
      this.#expectState(this.#oracle.answer, false);
    },
    'retry-sequencer.aborted': () => {
      expect(this.#oracle.answer).to.be.oneOf(['aborted', 'disposed']);
      this.#expectState(this.#oracle.answer, false);
    },
  };

  check(): void {
    const { answer, attempts, counted, breakerOpen } = this.#oracle;
    expect({ answer: this.#shown(), calls: this.#calls.length, answers: this.#answers, failures: this.#guard.consecutiveFailures }).to.deep.equal({
      answer, calls: attempts, answers: answer === 'pending' ? 0 : 1, failures: breakerOpen ? 0 : counted,
    });
    const given = this.#attempts.filter(({ attempt }) => attempt.signal.aborted).map(({ attempt }) => attempt.number);
    expect(given, 'attempts told to stop').to.deep.equal(this.#expectedStops());
    if (this.#answer !== undefined && 'error' in this.#answer && this.#answer.error !== errors.unreadable) {
      const attached = (this.#answer.error as { attempts?: readonly FailedAttempt[] }).attempts ?? [];
      expect(attached.map(({ number }) => number), 'attempts attached').to.deep.equal(this.#oracle.failures.map((_, index) => index + 1));
    }
  }

  async finish(): Promise<void> {
    // Attempts given up earlier may still end, either way: that is noticed, and changes nothing (P4).
    const late = this.#attempts.filter(({ attempt }) => attempt.signal.aborted);
    late.forEach(({ resolve, reject }, index) => (index % 2 === 0 ? resolve('too late') : reject(new Error('Injected: too late.'))));
    await this.#clock.flush();
    expect(this.#late, 'late results noticed').to.equal(late.length);
    this.check();
    // The rest is timeouts and waits, up to the end of all attempts.
    for (let rounds = 0; rounds < 12 && this.#oracle.answer === 'pending'; rounds++) await this.#passTo(this.#oracle.due);
    expect(this.#oracle.answer, 'settles by itself (P26)').not.to.equal('pending');
    await this.#clock.advance(1e6);
    this.#oracle.passTo(this.#clock.now());
    this.check();
    this.#guard.dispose();
    await this.#clock.advance(1e6);
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    expect(this.#answers).to.equal(1);
  }

  /** Until long after what is due next. */
  async #sleep(): Promise<void> {
    const wake = this.#oracle.due + hour;
    await this.#clock.sleep(wake - this.#clock.now());
    this.#oracle.sleepTo(wake);
    this.check();
  }

  async #passTo(moment: number): Promise<void> {
    const wait = moment - this.#clock.now();
    expect(wait, 'a timer that is due').to.be.above(0).and.below(Infinity);
    for (const step of [wait / 2, moment - (this.#clock.now() + wait / 2)]) {
      await this.#clock.advance(step);
      this.#oracle.passTo(this.#clock.now());
      this.check();
    }
  }

  #openBreaker(): void {
    this.#guard.hold();
    this.#oracle.breakerOpen = true;
  }

  #settle(answer: Settled): void {
    this.#answer = answer;
    this.#answers++;
  }

  #expectState(answer: Answer, running: boolean): void {
    expect(this.#shown()).to.equal(answer);
    const last = this.#attempts.at(-1)!.attempt;
    const waits = this.#clock.pendingTimers().filter(({ background }) => !background);
    // A backoff keeps the process alive; an attempt, and the end, do not.
    expect(waits.length, 'timers that keep the process alive').to.equal(answer === 'pending' && !running ? 1 : 0);
    if (running) expect(last.signal.aborted).to.equal(false);
  }

  /** Attempts that took too long, and the one under way when the caller left. */
  #expectedStops(): number[] {
    const { failures, answer, attempts } = this.#oracle;
    const stopped = failures.flatMap((failure, index) => (failure === 'timeout' ? [index + 1] : []));
    const left = answer === 'aborted' || answer === 'disposed';
    return left && failures.length < attempts ? [...stopped, attempts] : stopped;
  }

  #shown(): Answer {
    if (this.#answer === undefined) return 'pending';
    if ('value' in this.#answer) return this.#answer.value === 'stored' ? 'value' : 'pending';
    const { error } = this.#answer;
    const kind = (Object.keys(errors) as (keyof typeof errors)[]).find((each) => errors[each] === error);
    if (kind !== undefined) return kind;
    if (error instanceof TimeoutError) return 'timeout';
    if (error instanceof AbortedError) return 'aborted';
    return error instanceof DisposedError ? 'disposed' : 'pending';
  }
}
