import { expect } from 'chai';
import type { LateOutcome } from '../../../machines/write.ts';
import { createConfigurationService, StoreError, type ConfigurationError, type WaitingWrite } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { GatedStore, numbers, type Service } from '../harness/service.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { WriteOracle } from './oracle.ts';

/** How the write meets its file. */
export type Scene =
  /** The file is free. Two attempts; the user is asked when only the user can help. */
  | 'alone'
  /** Another write is being saved. */
  | 'behind another'
  /** The breaker of the file is open, and it waits for that. One attempt. */
  | 'parked'
  /** Its only attempt was given up, and may still be applied. */
  | 'given up'
  /** The same, and a newer value has been stored since. */
  | 'given up, and overtaken';

export interface WriteVariant extends Variant {
  readonly scene: Scene;
}

export type ModelEvent =
  | { readonly type: 'QUEUED'; readonly file: string }
  | { readonly type: 'TURN' | 'PARKED' | 'SENDING' | 'SAVED' | 'STORED' | 'SUPERSEDED' | 'ABORTED' | 'RESTORED' | 'RESTORE_FAILED' | 'OVER' }
  | { readonly type: 'REFUSED'; readonly refusal: string; readonly patience: number; readonly how: 'invalid' | 'user' | 'breaker' | 'timeout' }
  /** `last`: no other attempt follows. */
  | { readonly type: 'ATTEMPT_FAILED'; readonly last: boolean }
  | { readonly type: 'REPORTED'; readonly outcome: LateOutcome }
  | { readonly type: 'UNDID_NEWER' | 'RESTORE_REFUSED'; readonly at: number };

export const patience = 60_000;
const limit = 5_000;
/** Nothing has been stored, and another attempt can help. */
const transient = (): StoreError => new StoreError('not-ready', 'Injected: not ready.');
const dirty = (): StoreError => new StoreError('dirty', 'Injected: dirty.');
const policy = (): StoreError => new StoreError('policy', 'Injected: policy.');

/** One write of a service whose store saves when the path says so. */
export class WriteRun implements Run {
  readonly #scene: Scene;
  readonly #clock = new VirtualClock();
  readonly #store = new GatedStore();
  readonly #service: Service;
  readonly #oracle = new WriteOracle();
  readonly #caller = new AbortController();
  readonly #reports: (readonly [LateOutcome, boolean])[] = [];
  readonly #waits: WaitingWrite[] = [];
  #answer: string | undefined;
  #answers = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#service = createConfigurationService(numbers, {
      store: this.#store,
      clock: this.#clock,
      guard: { timeout: limit, budget: 1e9, breaker: { threshold: 100 }, retry: { attempts: scene === 'alone' ? 2 : 1, jitter: 0 } },
    });
    // What only the user can mend does not mend itself.
    this.#store.probe = () => Promise.reject(dirty());
    this.#service.rescueWith({ patience, onWaiting: (write) => this.#waits.push(write) });
    this.#service.onEvent((event) => {
      if (event.type === 'late') this.#reports.push([event.outcome, event.reasserted]);
    });
  }

  async prepare(): Promise<this> {
    await this.#service.ready;
    if (this.#scene === 'behind another') void this.#service.update('b', 7);
    if (this.#scene === 'parked') this.#service.hold();
    if (this.#scene.startsWith('given up')) {
      this.#ask(1);
      await this.#clock.advance(limit);
      this.#oracle.end('TIMEOUT unknown');
    }
    if (this.#scene === 'given up, and overtaken') {
      void this.#service.update('a', 2);
      await this.#clock.flush();
      await this.#store.open.at(-1)!.store();
      this.#oracle.store(2);
    }
    await this.#clock.flush();
    return this;
  }

  readonly events = {
    QUEUED: async () => {
      if (this.#waits.length > 0) this.#waits.at(-1)!.retry();
      else this.#ask(1);
      await this.#clock.flush();
    },
    TURN: async () => {
      if (this.#scene === 'parked') this.#service.reset();
      else await this.#store.open[0]!.store();
      await this.#clock.flush();
    },
    SENDING: () => this.#clock.advance(1_000),
    SAVED: async () => {
      await this.#store.open.at(-1)!.store();
      this.#oracle.store(1);
      this.#oracle.end('stored');
      await this.#clock.flush();
    },
    ATTEMPT_FAILED: async ({ last }: ModelEvent & { type: 'ATTEMPT_FAILED' }) => {
      this.#store.open.at(-1)!.refuse(transient());
      if (last) this.#oracle.end('STORE not-ready');
      await this.#clock.flush();
    },
    PARKED: async () => {
      this.#service.hold();
      this.#store.open.at(-1)!.refuse(transient());
      await this.#clock.flush();
    },
    REFUSED: async ({ how }: ModelEvent & { type: 'REFUSED' }) => {
      if (how === 'invalid') {
        this.#ask('none' as never);
        this.#oracle.end('VALIDATION');
      } else if (how === 'breaker') {
        this.#service.hold();
        this.#oracle.end('CIRCUIT_OPEN');
      } else {
        this.#store.open.at(-1)!.refuse(dirty());
        this.#oracle.asked++;
      }
      await this.#clock.flush();
    },
    [`xstate.after.patience.write.open.awaitingUser`]: async () => {
      await this.#clock.advance(patience);
      this.#oracle.end('STORE dirty');
    },
    SUPERSEDED: async () => {
      void this.#service.update('a', 2);
      await this.#clock.flush();
      for (const write of [...this.#store.open]) await write.store();
      await this.#clock.flush();
      for (const write of [...this.#store.open]) await write.store();
      this.#oracle.store(2);
      this.#oracle.end('superseded');
      await this.#clock.flush();
    },
    ABORTED: async () => {
      const sent = this.#store.open.some(({ key }) => key === 'a');
      this.#caller.abort();
      await this.#clock.flush();
      if (this.#answer === undefined && this.#answers === 0 && this.#service.metrics().operationCount === 0 && !sent && this.#waits.length === 0) this.#ask(1);
      this.#oracle.end(sent ? 'ABORTED unknown' : 'ABORTED not stored');
      await this.#clock.flush();
    },
    STORED: () => expect.fail('never alone'),
    REPORTED: async ({ outcome }: ModelEvent & { type: 'REPORTED' }) => {
      const [write] = this.#store.open;
      if (outcome === 'stored') {
        await write!.store();
        this.#oracle.store(1);
        this.#oracle.report('stored', this.#scene === 'given up, and overtaken');
      } else {
        write!.refuse(transient());
        this.#oracle.report('not stored');
      }
      await this.#clock.flush();
    },
    UNDID_NEWER: async () => {
      await this.#clock.advance(limit);
      this.#service.evidence();
      await this.#clock.flush();
    },
    RESTORED: async () => {
      await this.#store.open.at(-1)!.store();
      this.#oracle.store(2);
      await this.#clock.flush();
    },
    RESTORE_FAILED: async () => {
      this.#store.open.at(-1)!.refuse(transient());
      await this.#clock.flush();
    },
    RESTORE_REFUSED: async () => {
      this.#store.open.at(-1)!.refuse(policy());
      await this.#clock.flush();
    },
    /** It is forgotten when nothing of it can be applied any more, and with the service. */
    OVER: async () => {
      if (this.#oracle.reports.length === 0) await this.#clock.run(this.#service.dispose());
      else await this.#clock.advance(300_000);
      this.#service.evidence();
      await this.#clock.flush();
    },
  };

  readonly states = {
    'write.open': () => expect(this.#answer, 'an answer').to.equal(undefined),
    'write.open.accepted': () => expect(this.#store.asked, 'asked').not.to.include('a'),
    'write.open.queued': () => expect(this.#store.open.map(({ key }) => key), 'saved').to.deep.equal(['b']),
    'write.open.parked': () => expect(this.#store.open, 'saved').to.deep.equal([]),
    'write.open.writing': () => undefined,
    'write.open.writing.saving': () => expect(this.#store.open.map(({ key }) => key), 'saved').to.deep.equal(['a']),
    'write.open.writing.preparing': () => undefined,
    'write.open.writing.checking': () => undefined,
    'write.open.writing.backingOff': () => expect(this.#store.open, 'saved').to.deep.equal([]),
    'write.open.awaitingUser': () => expect(this.#waits.at(-1)!.over, 'over').to.equal(false),
    'write.unconfirmed': () => expect(this.#answer).to.equal('TIMEOUT unknown'),
    'write.unconfirmed.watched': () => undefined,
    'write.unconfirmed.restoring': () => expect(this.#store.open.map(({ value }) => value), 'saved').to.include(2),
    'write.stored': () => expect(this.#oracle.answer).to.be.oneOf(['stored', 'TIMEOUT unknown']),
    'write.superseded': () => expect(this.#answer).to.equal('superseded'),
    'write.refused': () => expect(this.#answer).to.match(/^(STORE|VALIDATION|CIRCUIT_OPEN|TIMEOUT)/),
    'write.aborted': () => expect(this.#answer).to.match(/^ABORTED/),
    'write.unknown': () => expect(this.#reports).to.deep.equal([]),
  };

  check(): void {
    const { answer, stored, reports, asked } = this.#oracle;
    expect({ answer: this.#answer, stored: this.#store.backend.get({ key: 'a', target: 'user', scope: {} }) ?? 0, reports: this.#reports, asked: this.#waits.length })
      .to.deep.equal({ answer, stored, reports, asked });
    expect(this.#answers, 'answers').to.be.at.most(1);
  }

  async finish(): Promise<void> {
    const done = this.#service.dispose();
    await this.#clock.run(done);
    await this.#clock.advance(1e6);
    expect(this.#answers, 'answers').to.equal(this.#oracle.answer === undefined && this.#answer === undefined ? 0 : 1);
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    expect(Object.keys(this.#service.supervisor.system.getAll()), 'writes left').to.deep.equal([]);
  }

  #ask(value: number): void {
    const signal = this.#scene === 'behind another' ? {} : { signal: this.#caller.signal };
    this.#service.update('a', value, { park: this.#scene === 'parked', ...signal }).then(
      ({ outcome }) => this.#onAnswer(outcome),
      (error: unknown) => this.#onAnswer(nameOf(error as ConfigurationError)),
    );
  }

  #onAnswer(answer: string): void {
    this.#answer = answer;
    this.#answers++;
  }
}

function nameOf({ code, ...more }: ConfigurationError & { readonly reason?: string; readonly outcome?: string }): string {
  return [code, more.reason ?? more.outcome].filter((part) => part !== undefined).join(' ');
}
