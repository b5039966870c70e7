import { expect } from 'chai';
import type { EventObject } from 'xstate';
import { AbortedError, CircuitOpenError, createConfigurationService, DisposedError, QueueFullError, StoreError } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { crash, file, GatedStore, keyNumber, numbers, type Service } from '../harness/service.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { QueueOracle, type Fate } from './oracle.ts';

export const capacity = 2;

export interface QueueVariant extends Variant {
  /** The store can store several values by one save. */
  readonly together?: boolean;
  /** What has happened when the queue's actor crashes and a new one starts; `undefined`: nothing, it is the first. */
  readonly crashed?: { readonly writes: number; readonly paused: boolean; readonly held?: boolean };
}

export type ModelEvent =
  | { readonly type: 'ENQUEUE'; readonly ticket: { readonly id: number } }
  | { readonly type: 'SETTLED'; readonly id: number; readonly how: 'stored' | 'failed' }
  | { readonly type: 'PUT_BACK'; readonly id: number }
  | { readonly type: 'WITHDRAW'; readonly id: number; readonly at: number }
  | { readonly type: 'PAUSE' | 'RESUME' | 'DRAIN' };

type Disposal = 'no' | 'asked' | 'done';

/** Nothing times out but disposal. */
const forever = 1e9;
/** Says nothing about the dependency: the breaker stays as it is. */
const refusal = new StoreError('policy', 'Injected: policy.');
const outage = (): StoreError => new StoreError('permission', 'Injected: permission.');

/** A service whose store writes when the path says so; the queue is driven by updates, aborts, hold, reset and dispose. */
export class QueueRun implements Run {
  readonly #clock = new VirtualClock();
  readonly #store = new GatedStore();
  readonly #service: Service;
  readonly #oracle: QueueOracle;
  readonly #callers: AbortController[] = [];
  readonly #fates: Fate[] = [];
  #answers = 0;
  #disposed: Disposal = 'no';
  /** The implementation is a step ahead of the path: the failure that opens the breaker also ends the write. */
  #ahead = false;

  constructor(together: boolean) {
    this.#oracle = new QueueOracle(capacity, together);
    this.#store.together = together;
    this.#service = createConfigurationService(numbers, {
      store: this.#store,
      clock: this.#clock,
      capacity,
      guard: { timeout: forever, budget: forever, breaker: { threshold: 1 } },
    });
  }

  async prepare({ crashed }: QueueVariant): Promise<this> {
    // The queue is that of a file: it is there from the first write on.
    await this.#service.ready;
    this.#service.hold();
    this.#service.reset();
    if (crashed === undefined) return this;
    if (crashed.paused && crashed.writes > 0 && crashed.held === true) await this.#pause();
    for (let i = 0; i < crashed.writes; i++) await this.#update();
    if (crashed.paused && crashed.held !== true) await this.#pause();
    crash(this.#service, `queue:${file}`, 'ENQUEUE');
    await this.#clock.flush();
    return this;
  }

  readonly events = {
    ENQUEUE: () => this.#update(),
    SETTLED: async ({ how }: ModelEvent & { type: 'SETTLED' }) => {
      if (this.#ahead) {
        this.#ahead = false;
        return;
      }
      const [write] = this.#store.open;
      if (how === 'stored') await write!.store();
      else write!.refuse(refusal);
      this.#oracle.settle(how);
      await this.#clock.flush();
    },
    PUT_BACK: async () => {
      this.#store.open[0]!.refuse(outage());
      this.#oracle.putBack();
      await this.#clock.flush();
    },
    /** Follows from another event, at once. */
    TAKE_ALONG: () => expect.fail('never alone'),
    WITHDRAW: async ({ at }: ModelEvent & { type: 'WITHDRAW' }) => {
      this.#callers[this.#oracle.waiting[at]!]!.abort();
      this.#oracle.withdraw(at);
      await this.#clock.flush();
    },
    PAUSE: async (_event: EventObject, next: EventObject | undefined) => {
      if (this.#disposed === 'no') return this.#pause();
      // An operator can no longer do it; an outage can, and what fails is the write in flight.
      expect(next?.type).to.be.oneOf([undefined, 'SETTLED']);
      this.#store.open[0]!.refuse(outage());
      this.#oracle.pause();
      this.#oracle.settle('failed');
      this.#ahead = true;
      return this.#clock.flush();
    },
    RESUME: async () => {
      this.#service.reset();
      this.#oracle.resume();
      await this.#clock.flush();
    },
    DRAIN: async () => {
      this.#dispose();
      await this.#clock.flush();
    },
  };

  readonly states = {
    'write-queue.idle': () => this.#expectState(0, 'no'),
    'write-queue.writing': () => this.#expectState(1, 'no'),
    'write-queue.paused': () => {
      this.#expectState(0, 'no');
      expect(this.#service.breakers()[0]!.mode).to.equal('OPEN');
    },
    'write-queue.draining': () => this.#ahead || this.#expectState(1, 'asked'),
    'write-queue.closed': () => this.#expectState(0, 'done'),
  };

  async check(): Promise<void> {
    const oracle = this.#oracle;
    expect({
      fates: this.#fates,
      begun: this.#store.asked,
      depth: this.#disposed === 'done' ? 0 : this.#service.breakers()[0]!.queueDepth,
      answers: this.#answers,
    }).to.deep.equal({
      fates: oracle.fates,
      begun: oracle.begun.map(keyNumber),
      depth: oracle.waiting.length + (oracle.inFlight.length),
      answers: oracle.fates.filter((fate) => fate !== 'pending').length,
    });
    expect(this.#store.mostOpen, 'writes at one time (P23)').to.be.at.most(1);
    for (const [index, fate] of this.#fates.entries()) {
      // P20, P27: what is stored is what was acknowledged, and nothing else.
      expect(this.#service.get(keyNumber(index))).to.equal(fate === 'stored' ? index + 1 : 0);
    }
    await this.#expectRefusals();
  }

  async finish(): Promise<void> {
    if (this.#disposed === 'no') {
      await this.#clock.advance(1e6);
      await this.check();
      this.#dispose();
    }
    await this.#clock.advance(4_999);
    await this.check();
    await this.#clock.advance(1);
    this.#oracle.abandon();
    expect(this.#disposed, 'disposed in 5 s (P40)').to.equal('done');
    await this.check();

    const { asked, open } = this.#store;
    const begun = asked.length;
    for (const write of [...open]) await write.store();
    await this.#clock.advance(1e6);
    expect(asked, 'writes after disposal').to.have.length(begun);
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    expect(this.#store.backend.listenerCount, 'listeners left').to.equal(0);
    expect(Object.keys(this.#service.supervisor.getSnapshot().children), 'actors left').to.deep.equal([]);
  }

  async #update(): Promise<void> {
    const index = this.#callers.length;
    const caller = new AbortController();
    this.#callers.push(caller);
    this.#fates.push('pending');
    this.#service.update(keyNumber(index), index + 1, { park: true, signal: caller.signal }).then(
      () => this.#answer(index, 'stored'),
      (error: unknown) => this.#answer(index, error instanceof AbortedError ? 'aborted' : error instanceof DisposedError ? 'disposed' : 'failed'),
    );
    this.#oracle.accept();
    await this.#clock.flush();
  }

  #answer(index: number, fate: Fate): void {
    this.#fates[index] = fate;
    this.#answers++;
  }

  async #pause(): Promise<void> {
    this.#service.hold();
    this.#oracle.pause();
    await this.#clock.flush();
  }

  #dispose(): void {
    this.#disposed = 'asked';
    this.#oracle.close();
    void this.#service.dispose().then(() => (this.#disposed = 'done'));
  }

  #expectState(inFlight: number, disposed: Disposal): void {
    expect(this.#store.open, 'writes in flight').to.have.length(inFlight);
    expect(this.#disposed, 'disposed').to.equal(disposed);
  }

  /** What cannot be taken in now is refused at once, with the reason, and leaves no trace (P25, P26). */
  async #expectRefusals(): Promise<void> {
    const refusedWith = async (park: boolean): Promise<unknown> =>
      this.#service.update('l', 99, { park }).then(() => expect.fail('resolved'), (error: unknown) => error);
    if (this.#disposed !== 'no') expect(await refusedWith(true)).to.be.instanceOf(DisposedError);
    else if (this.#oracle.full) expect(await refusedWith(true)).to.be.instanceOf(QueueFullError);
    if (this.#oracle.paused && this.#disposed === 'no') expect(await refusedWith(false)).to.be.instanceOf(CircuitOpenError);
  }
}
