import { expect } from 'chai';
import { createActor, type ActorRefFrom } from 'xstate';
import { bulkhead } from '../../../machines/bulkhead.ts';
import { actorClock } from '../../../src/clock.ts';
import { Bulkhead } from '../../../src/guard/bulkhead.ts';
import { AbortedError, createGuard, DisposedError, QueueFullError, type Guard, type GuardEvent } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { BulkheadOracle, type BulkheadRules, type Priority } from './oracle.ts';

export interface BulkheadVariant extends Variant {
  readonly rules: BulkheadRules;
  /** The priorities of those that come. */
  readonly arriving: readonly Priority[];
}

/** `place`: which of the calls that wait, by age. */
export type ModelEvent =
  | { readonly type: 'ARRIVED'; readonly id: number; readonly priority: Priority }
  | { readonly type: 'LEFT'; readonly id: number; readonly place: number }
  | { readonly type: 'ENDED'; readonly priority: Priority };

interface Asked {
  readonly id: number;
  readonly controller: AbortController;
  readonly outcome: Promise<unknown>;
  end: () => void;
}

/** A guard with a limit, driven by the events of its bulkhead; an actor of the machine goes on beside it, as in the inspector. */
export class BulkheadRun implements Run {
  readonly #clock = new VirtualClock();
  readonly #limit: Bulkhead;
  readonly #guard: Guard;
  readonly #actor: ActorRefFrom<typeof bulkhead>;
  readonly #oracle: BulkheadOracle;
  readonly #events: GuardEvent[] = [];
  readonly #calls = new Map<number, Asked>();
  readonly #begun: number[] = [];
  readonly #refused: number[] = [];
  readonly #rules: BulkheadRules;

  constructor({ rules }: BulkheadVariant) {
    this.#rules = rules;
    this.#oracle = new BulkheadOracle(rules);
    this.#limit = new Bulkhead(rules);
    this.#guard = createGuard({
      name: 'the dependency', clock: this.#clock, limit: this.#limit, timeout: Infinity, retry: { attempts: 1 },
      onEvent: (event) => this.#events.push(event),
    });
    this.#actor = createActor(bulkhead, { input: this.#limit.input(this.#clock), clock: actorClock(this.#clock) }).start();
    this.#limit.watch((event) => this.#actor.send(event));
  }

  readonly events = {
    ARRIVED: async ({ priority }: ModelEvent & { type: 'ARRIVED' }) => {
      const id = this.#calls.size + 1;
      const controller = new AbortController();
      const call: Asked = { id, controller, end: () => expect.fail('it has not begun'), outcome: Promise.resolve() };
      const answer = this.#guard.execute(() => {
        this.#begun.push(id);
        return new Promise<void>((resolve) => (call.end = resolve));
      }, { priority, signal: controller.signal });
      this.#calls.set(id, Object.assign(call, { outcome: answer.catch((error: unknown) => error) }));
      this.#oracle.arrive(id, priority);
      if (this.#oracle.refused.includes(id)) {
        expect(await call.outcome).to.be.instanceOf(QueueFullError);
        this.#refused.push(id);
      }
    },
    LEFT: async ({ place }: ModelEvent & { type: 'LEFT' }) => {
      const { id } = this.#oracle.waiting[place]!;
      this.#calls.get(id)!.controller.abort();
      this.#oracle.leave(id);
      expect(await this.#calls.get(id)!.outcome).to.be.instanceOf(AbortedError);
    },
    ENDED: async ({ priority }: ModelEvent & { type: 'ENDED' }) => {
      const { id } = this.#oracle.running.find((each) => (each.priority === 'interactive') === (priority === 'interactive'))!;
      this.#calls.get(id)!.end();
      this.#oracle.end(id);
      await this.#clock.flush();
    },
    'xstate.after.untilLate.bulkhead.queue.prompt': async () => {
      const wait = this.#oracle.slowAt - this.#clock.now();
      expect(wait, 'a timer that is due').to.be.above(0).and.below(Infinity);
      // Not at once, so that those who come later are younger.
      for (const step of [wait / 2, wait / 2]) {
        await this.#clock.advance(step);
        this.#oracle.passTo(this.#clock.now());
        this.check();
      }
    },
  };

  readonly states = {
    'bulkhead.slots': () => expect(this.#limit.running).to.be.at.most(this.#rules.limit),
    'bulkhead.slots.free': () => expect(this.#others).to.be.below(this.#rules.limit - this.#rules.reserve),
    'bulkhead.slots.reserved': () => {
      expect(this.#others).to.equal(this.#rules.limit - this.#rules.reserve);
      expect(this.#limit.running).to.be.below(this.#rules.limit);
    },
    'bulkhead.slots.full': () => expect(this.#limit.running).to.equal(this.#rules.limit),
    'bulkhead.queue': () => expect(this.#limit.waiting).to.be.at.most(this.#rules.queue),
    'bulkhead.queue.empty': () => expect(this.#limit.waiting).to.equal(0),
    'bulkhead.queue.prompt': () => expect([this.#limit.waiting > 0, this.#limit.isSlow]).to.deep.equal([true, false]),
    'bulkhead.queue.slow': () => expect([this.#limit.waiting > 0, this.#limit.isSlow]).to.deep.equal([true, true]),
  };

  get #others(): number {
    return this.#oracle.running.filter(({ priority }) => priority !== 'interactive').length;
  }

  check(): void {
    const { running, waiting, begun, refused, slow, slowdowns } = this.#oracle;
    const { waiting: queued = [], ...seen } = this.#limit.input(this.#clock);
    expect({
      begun: this.#begun,
      refused: this.#refused,
      running: this.#limit.running,
      others: seen.others,
      waiting: queued.map(({ id, priority }) => ({ id, priority })),
      slow: this.#limit.isSlow,
      told: this.#events.filter(({ type }) => type === 'queue-slow').length,
      refusals: this.#events.filter(({ type }) => type === 'queue-full').length,
    }).to.deep.equal({
      begun, refused, running: running.length, others: this.#others, slow, told: slowdowns, refusals: refused.length,
      waiting: waiting.map(({ id, priority }) => ({ id, priority })),
    });
    const { context } = this.#actor.getSnapshot();
    expect({ waiting: context.waiting, running: context.running, others: context.others, overtaken: context.overtaken })
      .to.deep.equal({ waiting: queued, running: seen.running, others: seen.others, overtaken: seen.overtaken });
    const slots = this.#limit.running === this.#rules.limit ? 'full' : this.#others === this.#rules.limit - this.#rules.reserve ? 'reserved' : 'free';
    // The one that has been there all the while, and one that is started now.
    const late = createActor(bulkhead, { input: this.#limit.input(this.#clock), clock: actorClock(this.#clock) }).start();
    for (const { value } of [this.#actor.getSnapshot(), late.getSnapshot()]) {
      expect(value).to.deep.equal({ slots, queue: waiting.length === 0 ? 'empty' : slow ? 'slow' : 'prompt' });
    }
    late.stop();
  }

  async finish(): Promise<void> {
    // Whatever waits gets its turn, as those before it end.
    for (let ends = 0; this.#oracle.running.length > 0 && ends < 2; ends++) await this.events.ENDED({ type: 'ENDED', priority: this.#oracle.running[0]!.priority });
    this.check();
    const left = [...this.#oracle.running, ...this.#oracle.waiting].map(({ id }) => this.#calls.get(id)!);
    this.#guard.dispose();
    for (const { outcome } of left) expect(await outcome).to.be.instanceOf(DisposedError);
    expect([this.#limit.running, this.#limit.waiting]).to.deep.equal([0, 0]);
    expect(this.#begun).to.deep.equal(this.#oracle.begun);
    this.#actor.stop();
    await this.#clock.advance(10 * this.#rules.slowAfter);
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    expect(this.#events.filter(({ type }) => type === 'queue-slow')).to.have.length(this.#oracle.slowdowns);
  }
}
