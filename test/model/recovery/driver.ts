import { expect } from 'chai';
import type { SnapshotFrom } from 'xstate';
import type { recovery } from '../../../machines/recovery.ts';
import { createConfigurationService, StoreError } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { file, GatedStore, keyNumber, numbers, type Service } from '../harness/service.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { RecoveryOracle } from './oracle.ts';

export interface RecoveryVariant extends Variant {
  /** A write is parked while the breaker is open, and is the probe. */
  readonly parked: boolean;
  /** Between two looks, in milliseconds. */
  readonly probeEvery: number;
  /** So many writes in a row are let through in vain. */
  readonly inVain: number;
}

export type ModelEvent =
  | { readonly type: 'OPENED'; readonly at: number; readonly byOperator: boolean }
  /** When the look ends. `late`: the file has been left alone for as long as it must; `early`: a millisecond less. */
  | { readonly type: 'LOOKED_WELL'; readonly at: number; readonly when: 'late' | 'early' | 'now' }
  | { readonly type: 'SAW_OBSTACLE' | 'HELD' | 'HALF_OPENED' | 'CLOSED' | 'LOOK_ENDED' | 'SIGN_OF_LIFE' | 'PROBE_BEGAN' | 'PROBE_ENDED' | 'END' };

/** Nothing times out but a look. */
const forever = 1e9;
const outage = (): StoreError => new StoreError('not-ready', 'Injected: not ready.');

interface Look {
  end(isWell: boolean): void;
}

/** A service whose store fails, and shows why, when the path says so. */
export class RecoveryRun implements Run {
  readonly #parked: boolean;
  readonly #probeEvery: number;
  readonly #clock = new VirtualClock();
  readonly #store = new GatedStore();
  readonly #service: Service;
  readonly #oracle = new RecoveryOracle();
  /** Looks under way, the oldest first. */
  readonly #looks: Look[] = [];
  #begun = 0;
  #writes = 0;
  #disposed = false;

  constructor({ parked, probeEvery }: RecoveryVariant) {
    this.#parked = parked;
    this.#probeEvery = probeEvery;
    this.#store.probe = () => new Promise((resolve, reject) => {
      this.#begun++;
      const look = {
        end: (isWell: boolean): void => {
          this.#looks.splice(this.#looks.indexOf(look), 1);
          if (isWell) resolve();
          else reject(outage());
        },
      };
      this.#looks.push(look);
    });
    this.#service = createConfigurationService(numbers, {
      store: this.#store,
      clock: this.#clock,
      probeEvery,
      guard: { timeout: forever, budget: forever, breaker: { threshold: 1, openFor: forever, restFor: 0 }, retry: { attempts: 1 } },
    });
  }

  async prepare(): Promise<this> {
    await this.#service.ready;
    // The queue is that of a file: it is there from the first write on.
    this.#service.hold();
    this.#service.reset();
    await this.#clock.flush();
    return this;
  }

  readonly events = {
    OPENED: async ({ byOperator }: ModelEvent & { type: 'OPENED' }) => {
      const isLook = this.#oracle.mode === 'HALF_OPEN' && this.#looks.length > 0;
      if (byOperator) {
        this.#service.hold();
        this.#oracle.open(this.#clock.now(), isLook ? 'look' : 'write');
        this.#oracle.hold();
        for (const look of [...this.#looks]) look.end(true);
        await this.#clock.flush();
        for (const write of [...this.#store.open]) write.refuse(outage());
      } else if (isLook) {
        this.#looks[0]!.end(false);
        this.#oracle.open(this.#clock.now(), 'look');
      } else {
        if (this.#store.open.length === 0) this.#update();
        await this.#clock.flush();
        this.#store.open[0]!.refuse(outage());
        this.#oracle.open(this.#clock.now(), 'write');
      }
      await this.#clock.advance(1);
      if (this.#parked && this.#service.breakers()[0]!.queueDepth === 0) this.#update();
      await this.#clock.flush();
    },
    HELD: async () => {
      this.#service.hold();
      this.#oracle.hold();
      await this.#clock.flush();
    },
    HALF_OPENED: async () => {
      if (this.#oracle.held) this.#service.release();
      else this.#service.probe();
      await this.#onHalfOpen();
    },
    CLOSED: async () => {
      const probe = this.#oracle.mode === 'HALF_OPEN' ? this.#store.open[0] : undefined;
      if (probe === undefined) this.#service.reset();
      else await probe.store();
      this.#oracle.close();
      await this.#clock.flush();
      for (const write of [...this.#store.open]) await write.store();
      await this.#clock.flush();
    },
    'xstate.after.probeEvery.recovery.open.watched.looks.resting': async () => {
      this.#oracle.begun++;
      await this.#clock.advance(this.#probeEvery);
    },
    SIGN_OF_LIFE: async () => {
      if (this.#oracle.mode === 'OPEN' && this.#looks.length < 2) this.#oracle.begun++;
      this.#service.evidence();
      await this.#clock.flush();
    },
    LOOKED_WELL: async ({ when }: ModelEvent & { type: 'LOOKED_WELL' }) => {
      const left = this.#oracle.earliest - this.#clock.now();
      if (when === 'late') await this.#clock.advance(Math.max(0, left));
      else if (when === 'early') await this.#clock.advance(left - 1);
      this.#looks[0]!.end(true);
      const letsThrough = this.#oracle.see(this.#clock.now(), true);
      await this.#clock.flush();
      if (letsThrough) await this.#onHalfOpen();
    },
    SAW_OBSTACLE: async () => {
      this.#looks[0]!.end(false);
      this.#oracle.see(this.#clock.now(), false);
      await this.#clock.flush();
    },
    /** Of a look that began before the breaker changed its mode: it says nothing of now. */
    LOOK_ENDED: async () => {
      this.#looks[0]!.end(true);
      await this.#clock.flush();
    },
    /** Follows from another event, at once. */
    PROBE_BEGAN: () => expect.fail('never alone'),
    PROBE_ENDED: async () => {
      this.#looks.at(-1)!.end(true);
      await this.#clock.flush();
    },
    END: async () => {
      this.#disposed = true;
      void this.#service.dispose();
      await this.#clock.flush();
    },
  };

  readonly states = {
    'recovery.working': () => expect(this.#mode).to.equal('CLOSED'),
    'recovery.open': () => expect(this.#mode).to.equal('OPEN'),
    'recovery.open.watched': () => expect(this.#service.breakers()[0]!.held).to.equal(false),
    'recovery.open.watched.looks': () => undefined,
    'recovery.open.watched.looks.resting': () => undefined,
    'recovery.open.watched.looks.looking': () => expect(this.#looks, 'looks').not.to.deep.equal([]),
    'recovery.open.watched.cause': () => undefined,
    'recovery.open.watched.cause.unseen': () => undefined,
    'recovery.open.watched.cause.seen': () => undefined,
    'recovery.open.held': () => expect(this.#service.breakers()[0]!.held).to.equal(true),
    'recovery.probing': () => expect(this.#mode).to.equal('HALF_OPEN'),
    'recovery.probing.byWrite': () => expect(this.#store.open, 'writes').to.have.length(this.#parked ? 1 : 0),
    'recovery.probing.byLook': () => expect(this.#looks, 'looks').not.to.deep.equal([]),
    'recovery.ended': () => expect(this.#disposed).to.equal(true),
  };

  check(): void {
    const { mode, held, begun, inVain, hasSeen } = this.#oracle;
    if (!this.#disposed) {
      // What an inspector shows of it.
      const { context, value } = this.#service.supervisor.system.get(`recovery:${file}`).getSnapshot() as SnapshotFrom<typeof recovery>;
      expect(context.fruitless, 'writes let through in vain').to.equal(inVain);
      if (mode === 'OPEN' && !held) expect(JSON.stringify(value), 'the cause').to.include(hasSeen ? '"seen"' : '"unseen"');
    }
    expect({ begun: this.#begun, ...(this.#disposed ? { mode, held } : { mode: this.#mode, held: this.#service.breakers()[0]!.held }) })
      .to.deep.equal({ begun, mode, held });
  }

  async finish(): Promise<void> {
    // While nobody looks, nothing changes; while somebody does, nothing is let through.
    if (!this.#disposed) await this.events.END();
    for (const look of [...this.#looks]) look.end(true);
    await this.#clock.advance(1e6);
    expect(this.#begun, 'looks after the disposal').to.equal(this.#oracle.begun);
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    expect(Object.keys(this.#service.supervisor.system.getAll()), 'actors left').to.deep.equal([]);
  }

  get #mode(): string {
    return this.#service.breakers().find((breaker) => breaker.file === file)!.mode;
  }

  /** The parked write is the probe, or else a look. */
  async #onHalfOpen(): Promise<void> {
    this.#oracle.halfOpen();
    if (!this.#parked) this.#oracle.begun++;
    await this.#clock.flush();
  }

  #update(): void {
    this.#service.update(keyNumber(this.#writes), ++this.#writes, { park: this.#parked }).catch(() => undefined);
  }
}
