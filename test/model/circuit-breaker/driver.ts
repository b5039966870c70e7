import { expect } from 'chai';
import type { BreakerEvent, BreakerOptions } from '../../../machines/circuit-breaker.ts';
import { SlidingWindow, WindowBreaker } from '../../../src/guard/sliding-window.ts';
import { AbortedError, CircuitOpenError, createGuard, DisposedError, growing, slidingWindow, type CountingRule, type Guard, type PersistedBreaker } from '../../../src/index.ts';
import { FaultyClock } from '../harness/faulty-clock.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { BreakerOracle, type CallEnd, type Ticket, type WindowRules } from './oracle.ts';

export interface BreakerVariant extends Variant {
  readonly rules: BreakerOptions;
  /** What the guard starts from; `crashed`: its breaker's actor has crashed in HALF_OPEN. */
  readonly start: 'fresh' | 'crashed' | PersistedBreaker['mode'];
  /** Counted over a window, and not in a row. */
  readonly window?: WindowRules;
  /** OPEN is so many times longer each time a probe fails. */
  readonly factor?: number;
  /** An actor goes on also where the mirror could do without, as in the inspector. */
  readonly watched?: boolean;
  /** OPEN: milliseconds left of an earlier process's wait. */
  readonly remaining?: number;
}

/** `stale`: of an epoch before the machine's present one. */
export type ModelEvent = BreakerEvent & { readonly stale?: boolean };

/** A window of time of as few parts as a test can bear. */
export const windowOf = ({ turns = 1, minimum, failureShare, slowShare, slowAfter, calls }: WindowRules): SlidingWindow => (
  new SlidingWindow({ minimum, failureShare, slowShare, slowAfter }, calls ?? turns, calls === undefined ? Infinity : 1)
);

function countingOf(window: WindowRules): CountingRule {
  const { calls, turnEvery = Infinity, ...rules } = window;
  const { deadlines } = slidingWindow({ ...(calls === undefined ? { minimum: 1 } : { calls }), slowAfter: rules.slowAfter });
  if (calls !== undefined) return slidingWindow({ calls, minimum: rules.minimum, failureShare: rules.failureShare, slowShare: rules.slowShare, slowAfter: rules.slowAfter });
  return { breaker: (options, host) => new WindowBreaker(options, host, windowOf(window), turnEvery), deadlines: deadlines! };
}

/** Nothing times out or is retried but what the breaker itself limits: it limits probes that have no deadline of their own. */
const forever = Infinity;

/** A call that goes on until the path says how it ends. */
interface Pending {
  readonly ticket: Ticket;
  readonly end: (how: CallEnd, slow?: boolean) => Promise<void>;
}

/** A guard on a virtual clock, driven by the events of its breaker. */
export class BreakerRun implements Run {
  readonly #clock = new FaultyClock();
  readonly #guard: Guard;
  readonly #oracle: BreakerOracle;
  readonly #rules: BreakerOptions;
  readonly #modes: string[] = [];
  readonly #pending: Pending[] = [];
  readonly #slowAfter: number;

  constructor({ rules, start, remaining = 0, window, factor, watched = false }: BreakerVariant) {
    this.#rules = rules;
    this.#oracle = new BreakerOracle({ ...rules, ...(window === undefined ? {} : { window }), ...(factor === undefined ? {} : { factor }) });
    this.#slowAfter = window?.slowAfter ?? 0;
    this.#guard = createGuard({
      name: 'the dependency',
      clock: this.#clock,
      breaker: rules,
      retry: { attempts: 1 },
      timeout: forever,
      budget: forever,
      onEvent: (event) => {
        if (event.type === 'breaker') this.#modes.push(event.to);
      },
      ...(window === undefined ? {} : { counting: countingOf(window) }),
      ...(factor === undefined ? {} : { growth: growing({ factor, upTo: Infinity }) }),
      ...(start === 'OPEN' ? { restore: { mode: start, until: this.#clock.wallTime() + remaining } } : {}),
      ...(start === 'HELD' ? { restore: { mode: start } } : {}),
    });
    if (start === 'OPEN' || start === 'HELD') this.#oracle.restore(start, remaining);
    if (!watched) return;
    this.#guard.breaker.watched = true;
    this.#guard.breaker.start();
  }

  /** Calls that go on for the whole path, for results that come too late; or a breaker that has crashed. */
  async prepare(start: BreakerVariant['start']): Promise<this> {
    if (start === 'fresh') for (let i = 0; i < 6; i++) this.#begin();
    if (start === 'crashed') {
      this.#guard.hold();
      this.#guard.release();
      // The first probe makes the actor set a timer. It crashes, a new one goes on in its place, and the probe goes away.
      this.#clock.refuse = 1;
      const controller = new AbortController();
      const probe = this.#guard.execute(() => new Promise<never>(() => undefined), { signal: controller.signal });
      controller.abort();
      await probe.catch(() => undefined);
      expect(this.#clock.refuse, 'the crash').to.equal(0);
      this.#oracle.hold();
      this.#oracle.release();
    }
    return this;
  }

  readonly events = {
    SUCCESS: ({ stale, slow }: ModelEvent & { type: 'SUCCESS' }) => this.#end('ok', stale, slow),
    TURN: () => this.#passTo(this.#oracle.nextDue),
    FAILURE: ({ stale }: ModelEvent) => this.#end('failed', stale),
    PROBE_STARTED: () => this.#begin(),
    PROBE_ABANDONED: ({ stale }: ModelEvent) => this.#end('gone', stale),
    EVIDENCE: () => this.#both('evidence'),
    TRIP: () => this.#both('trip'),
    HOLD: () => this.#both('hold'),
    RELEASE: () => this.#both('release'),
    RESET: () => this.#both('reset'),
    CONFIGURE: ({ rules }: ModelEvent & { type: 'CONFIGURE' }) => {
      this.#guard.configure({ breaker: rules });
      this.#oracle.configure(rules);
    },
    PROBE_NOW: () => {
      this.#guard.probe();
      this.#oracle.probeNow();
    },
    'xstate.after.openFor.circuit-breaker.OPEN.cooling': () => this.#passTo(this.#oracle.probesAt),
    'xstate.after.restFor.circuit-breaker.OPEN.cooling.resting': () => this.#passTo(this.#oracle.restsUntil),
    'xstate.after.probeLimit.circuit-breaker.HALF_OPEN.probing': () => this.#passTo(this.#oracle.nextDue),
  };

  readonly states = {
    'circuit-breaker.RESTORING': () => expect.fail('RESTORING is passed through at once'),
    'circuit-breaker.CLOSED': () => expect(this.#guard.breakerMode).to.equal('CLOSED'),
    'circuit-breaker.OPEN': () => expect(this.#guard.breakerMode).to.equal('OPEN'),
    'circuit-breaker.OPEN.cooling': () => expect(this.#guard.retryAfter).to.be.a('number'),
    'circuit-breaker.OPEN.cooling.resting': () => expect(this.#clock.now()).to.be.below(this.#oracle.restsUntil),
    'circuit-breaker.OPEN.cooling.waiting': () => expect(this.#clock.now()).to.be.at.least(this.#oracle.restsUntil),
    'circuit-breaker.OPEN.held': () => expect(this.#guard.isHeld).to.equal(true),
    'circuit-breaker.HALF_OPEN': () => expect(this.#guard.breakerMode).to.equal('HALF_OPEN'),
    'circuit-breaker.HALF_OPEN.awaiting': () => expect(this.#guard.permits()).to.equal(true),
    'circuit-breaker.HALF_OPEN.probing': () => expect(this.#current()).not.to.be.empty,
  };

  async check(): Promise<void> {
    const guard = this.#guard;
    const oracle = this.#oracle;
    expect({
      mode: guard.breakerMode,
      held: guard.isHeld,
      failures: guard.consecutiveFailures,
      retryAfter: guard.retryAfter,
      permits: guard.permits(),
      history: this.#modes,
    }).to.deep.equal({
      mode: oracle.mode,
      held: oracle.held,
      failures: oracle.failuresInARow,
      retryAfter: oracle.retryAfter,
      permits: oracle.permits,
      history: oracle.history,
    });
    if (!oracle.permits) await this.#expectRefusal();
  }

  async finish(): Promise<void> {
    const { openFor, restFor, probeLimit } = this.#rules;
    for (let rounds = 0; rounds < 3; rounds++) await this.#passTo(this.#clock.now() + openFor + restFor + probeLimit);
    for (const call of [...this.#pending]) await call.end('gone');
    await this.check();

    this.#guard.dispose();
    this.#guard.dispose();
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    const modes = this.#modes.length;
    await this.#clock.advance(10 * (openFor + restFor + probeLimit));
    expect(this.#modes).to.have.length(modes);
    expect(await failure(this.#guard.execute(() => expect.fail('called')))).to.be.instanceOf(DisposedError);
  }

  /** Goes on to a moment, looking just before it and at it. */
  async #passTo(moment: number): Promise<void> {
    const wait = moment - this.#clock.now();
    expect(wait, 'a timer that is due').to.be.above(0).and.below(Infinity);
    for (const step of [wait - 1, 1]) {
      await this.#clock.advance(step);
      this.#oracle.passTo(this.#clock.now());
      await this.check();
    }
  }

  #both(action: 'evidence' | 'trip' | 'hold' | 'release' | 'reset'): void {
    this.#guard[action]();
    this.#oracle[action]();
  }

  #begin(): Pending {
    const ticket = this.#oracle.call();
    if (ticket === undefined) throw new Error('The path starts a call the oracle would refuse.');
    const controller = new AbortController();
    const cause = new Error('Injected: failed.');
    let settle: (how: CallEnd) => void = () => undefined;
    let called = 0;
    const answer = this.#guard.execute(() => {
      called++;
      return new Promise<string>((resolve, reject) => {
        settle = (how) => (how === 'ok' ? resolve('done') : reject(cause));
      });
    }, { signal: controller.signal });
    const outcome = answer.catch((error: unknown) => error);
    expect(called, 'calls of the operation').to.equal(1);

    const call: Pending = {
      ticket,
      end: async (how, slow = false) => {
        this.#pending.splice(this.#pending.indexOf(call), 1);
        if (how === 'gone') controller.abort();
        else settle(how);
        this.#oracle.end(ticket, how, slow);
        const result = await outcome;
        if (how === 'ok') expect(result).to.equal('done');
        else if (how === 'failed') expect(result).to.equal(cause);
        else expect(result).to.be.instanceOf(AbortedError);
        expect(called, 'calls of the operation').to.equal(1);
      },
    };
    this.#pending.push(call);
    return call;
  }

  /** The calls whose result still counts. */
  #current(): Pending[] {
    return this.#pending.filter(({ ticket }) => ticket.period === this.#oracle.period);
  }

  /** In CLOSED a new call ends so; in HALF_OPEN, the oldest probe; a stale result is of the youngest call that no longer counts. */
  async #end(how: CallEnd, stale = false, slow = false): Promise<void> {
    const call = stale
      ? this.#pending.filter(({ ticket }) => ticket.period !== this.#oracle.period).at(-1)
      : this.#oracle.mode === 'CLOSED' ? this.#begin() : this.#current()[0];
    if (call === undefined) throw new Error('No call is left that could end so.');
    if (slow) {
      await this.#clock.advance(this.#slowAfter);
      this.#oracle.passTo(this.#clock.now());
    }
    await call.end(how, slow);
  }

  async #expectRefusal(): Promise<void> {
    const error = await failure(this.#guard.execute(() => expect.fail('called')));
    expect(error).to.be.instanceOf(CircuitOpenError);
    expect((error as CircuitOpenError).retryAfter).to.equal(this.#oracle.retryAfter);
  }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => expect.fail('resolved'), (error: unknown) => error);
}
