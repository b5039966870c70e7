import { expect } from 'chai';
import { createConfigurationService, StoreError } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { GatedStore, numbers, type Service } from '../harness/service.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { LifecycleOracle, type LifecycleRules } from './oracle.ts';

export interface LifecycleVariant extends Variant {
  readonly rules: LifecycleRules;
}

/** `how` tells apart what the machine does not: the same event has several causes. */
export type ModelEvent =
  | { readonly type: 'LOADED'; readonly invalid: number; readonly how: 'load' | 'write' }
  | { readonly type: 'LOAD_FAILED'; readonly failure: string; readonly how: 'load' | 'read' | 'time' }
  | { readonly type: 'RELOAD'; readonly how: 'operator' | 'store' }
  | { readonly type: 'DISPOSE' | 'DRAINED' };

/** A service whose store is loaded when the path says so, with one write in flight from the start to the end. */
export class LifecycleRun implements Run {
  readonly #clock = new VirtualClock();
  readonly #store = new GatedStore();
  readonly #service: Service;
  readonly #oracle: LifecycleOracle;
  #ready = false;
  #disposed = false;

  constructor({ rules }: LifecycleVariant) {
    this.#oracle = new LifecycleOracle(rules);
    this.#store.gateLoads = true;
    this.#service = createConfigurationService(numbers, { store: this.#store, clock: this.#clock, lifecycle: rules, guard: { timeout: 1e9, budget: 1e9 } });
    void this.#service.ready.then(() => (this.#ready = true));
    // While it is under way, disposal waits.
    this.#service.update('l', 1).catch(() => undefined);
  }

  async prepare(): Promise<this> {
    await this.#clock.flush();
    return this;
  }

  readonly events = {
    LOADED: async ({ invalid, how }: ModelEvent & { type: 'LOADED' }) => {
      this.#store.garbage = invalid > 0;
      if (how === 'write') {
        // Of this setting a stored value is evidence as good as a load, and it is a change of the store that asks for one.
        this.#oracle.reload();
        this.#oracle.read(invalid);
        await this.#clock.run(this.#service.update('a', 0, { target: 'workspace' }));
        return;
      }
      await this.#load();
      this.#oracle.read(invalid);
      this.#store.loads.at(-1)!.resolve();
      await this.#clock.flush();
      this.#oracle.endLoad();
    },
    LOAD_FAILED: async ({ how }: ModelEvent & { type: 'LOAD_FAILED' }) => {
      await this.#load();
      if (how === 'time') return this.#passTo(this.#oracle.loadUntil);
      this.#oracle.unreadable();
      if (how === 'load') this.#store.loads.at(-1)!.reject(new StoreError('io', 'Injected: io.'));
      else this.#store.loads.at(-1)!.resolve();
      this.#store.unreadable = how === 'read';
      await this.#clock.flush();
      this.#store.unreadable = false;
      return this.#oracle.endLoad();
    },
    RELOAD: async ({ how }: ModelEvent & { type: 'RELOAD' }) => {
      if (how === 'operator') void this.#service.reload();
      else this.#store.backend.changed();
      this.#oracle.reload();
      await this.#clock.flush();
    },
    DISPOSE: async () => {
      void this.#service.dispose().then(() => (this.#disposed = true));
      this.#oracle.dispose();
      await this.#clock.flush();
    },
    DRAINED: async () => {
      this.#store.open[0]!.refuse(new StoreError('policy', 'Injected: policy.'));
      this.#oracle.drained();
      await this.#clock.flush();
    },
    'xstate.after.reloadEvery.config-lifecycle.degraded': () => this.#passTo(this.#oracle.reloadAt),
    'xstate.after.drainLimit.config-lifecycle.disposing': () => this.#passTo(this.#oracle.drainUntil),
  };

  readonly states = {
    'config-lifecycle.loading': () => expect(this.#ready).to.equal(false),
    'config-lifecycle.ready': () => expect([this.#ready, this.#service.status]).to.deep.equal([true, this.#store.garbage ? 'degraded' : 'healthy']),
    'config-lifecycle.degraded': () => expect([this.#ready, this.#service.status]).to.deep.equal([true, 'degraded']),
    'config-lifecycle.disposing': () => expect([this.#disposed, this.#service.status]).to.deep.equal([false, 'degraded']),
    'config-lifecycle.disposed': () => expect([this.#disposed, this.#service.status]).to.deep.equal([true, 'unhealthy']),
  };

  check(): void {
    const { status, ready, loadsBegun, state } = this.#oracle;
    expect({ status: this.#service.status, ready: this.#ready, loads: this.#store.loadsBegun, disposed: this.#disposed }).to.deep.equal({
      status, ready, loads: loadsBegun, disposed: state === 'disposed',
    });
    // P30: reads are served in every state.
    expect(this.#service.get('a')).to.equal(0);
    if (state === 'ready') expect(this.#service.issues.map(({ key }) => key)).to.deep.equal(this.#store.garbage ? ['a'] : []);
  }

  async finish(): Promise<void> {
    await this.#passTo(this.#clock.now() + 65_000);
    if (!this.#isOver) void this.#service.dispose().then(() => (this.#disposed = true));
    if (!this.#isOver) this.#oracle.dispose();
    await this.#passTo(this.#clock.now() + 5_000);
    expect(this.#disposed, 'disposed in 5 s (P40)').to.equal(true);
    // Loads, and the write, may still end.
    for (const load of [...this.#store.loads]) load.resolve();
    for (const write of [...this.#store.open]) await write.store();
    await this.#passTo(this.#clock.now() + 65_000);
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    expect(this.#store.backend.listenerCount, 'listeners left').to.equal(0);
    expect(Object.keys(this.#service.supervisor.getSnapshot().children), 'actors left').to.deep.equal([]);
  }

  get #isOver(): boolean {
    return this.#oracle.state === 'disposing' || this.#oracle.state === 'disposed';
  }

  /** The event needs a load that can end. */
  async #load(): Promise<void> {
    if (this.#oracle.loading) return;
    void this.#service.reload();
    this.#oracle.reload();
    await this.#clock.flush();
  }

  async #passTo(moment: number): Promise<void> {
    while (this.#clock.now() < moment) {
      // To each moment at which something happens, and to just before it.
      const next = Math.min(moment, this.#oracle.due);
      const wait = next - this.#clock.now();
      for (const step of wait > 1 ? [wait - 1, 1] : [wait]) {
        await this.#clock.advance(step);
        this.#oracle.passTo(this.#clock.now());
        this.check();
      }
    }
  }
}
