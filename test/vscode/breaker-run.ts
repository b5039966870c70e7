import { expect } from 'chai';
import superjson from 'superjson';
import * as vscode from 'vscode';
import { AbortedError, CircuitOpenError, StoreError } from '../../src/errors.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { memoryMemento } from '../../src/store/memento.ts';
import type { Disposable, RawSetting, Scope, Store, Target, WriteOptions, WriteRequest } from '../../src/store/store.ts';
import { vscodeStore } from '../../src/store/vscode-host.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { BreakerVariant } from '../model/circuit-breaker/driver.ts';
import { BreakerOracle, type CallEnd, type Ticket } from '../model/circuit-breaker/oracle.ts';
import type { Run } from '../model/harness/suite.ts';
import { fixture } from './fixture-settings.ts';
import { elapse, fixtureContext, limits, readSettings, rejection, settingsFile, typeUnsaved, until, witness } from './supervised.ts';

const workspace = { target: 'workspace' } as const;
/** In ms, and longer than any path: nothing happens by itself but what the breaker does. */
const forever = 1e9;

/** Makes VS Code refuse to write settings.json, or lets it: unsaved changes in its editor. */
export async function setDirty(dirty: boolean): Promise<void> {
  const document = await vscode.workspace.openTextDocument(settingsFile());
  if (document.isDirty === dirty) return;
  await vscode.window.showTextDocument(document);
  if (dirty) await typeUnsaved(document, new vscode.Position(0, 0), ' ');
  else await vscode.commands.executeCommand('workbench.action.files.revert');
  await until(`settings.json is ${dirty ? 'dirty' : 'clean'}`, () => document.isDirty === dirty);
}

/** VS Code's settings as they are. What the path decides: whether a write hangs, how the file looks, what counts as evidence. */
class PacedStore implements Store {
  readonly name: string;
  readonly #inner: Store;
  hangs = false;
  /** Lets VS Code have the write that hangs. */
  go: (() => void) | undefined;
  looksWell = true;

  constructor(inner: Store) {
    this.#inner = inner;
    this.name = inner.name;
  }

  load(): Promise<void> { return this.#inner.load(); }
  read(key: string, scope: Scope): RawSetting { return this.#inner.read(key, scope); }
  readBack(request: Omit<WriteRequest, 'value'>): Promise<unknown> { return this.#inner.readBack(request); }
  fileOf(target: Target, scope: Scope): string { return this.#inner.fileOf(target, scope); }
  defaultTarget(key: string, scope: Scope): Target { return this.#inner.defaultTarget(key, scope); }
  trusted(): boolean { return this.#inner.trusted(); }
  dispose(): void { this.#inner.dispose(); }

  write(request: WriteRequest, options: WriteOptions): Promise<void> {
    if (!this.hangs) return this.#inner.write(request, options);
    // VS Code offers no way to be slow, so it is asked when the path says so.
    return new Promise((resolve, reject) => {
      this.go = () => {
        this.go = undefined;
        this.#inner.write(request, options).then(resolve, reject);
      };
      options.signal.addEventListener('abort', () => {
        this.go = undefined;
        reject(new StoreError('shutting-down', 'Given up.'));
      });
    });
  }

  probe(): Promise<void> {
    return this.looksWell ? Promise.resolve() : Promise.reject(new StoreError('io', 'Injected: it looks ill.'));
  }

  /** Every change of a settings file is evidence of recovery; here, only what the path says. */
  onDidChange(): Disposable {
    return { dispose: () => undefined };
  }
}

/** A write that was let through as the probe, and hangs until the path says how it ends. */
interface Probe {
  readonly ticket: Ticket;
  readonly value: number;
  readonly caller: AbortController;
  readonly update: Promise<unknown>;
}

/** A service in VS Code on a real settings.json, whose breaker goes the ways the machine can go. */
export class ServiceRun implements Run {
  readonly #clock = new VirtualClock();
  readonly #store: PacedStore;
  readonly #service: ConfigurationService<typeof fixture.defaults>;
  readonly #oracle: BreakerOracle;
  readonly #modes: string[] = [];
  #probe: Probe | undefined;
  static #number = 0;

  private constructor(store: Store, { rules, start, remaining = 0 }: BreakerVariant) {
    this.#store = new PacedStore(store);
    this.#oracle = new BreakerOracle(rules);
    const memento = memoryMemento();
    if (start === 'OPEN' || start === 'HELD') {
      this.#oracle.restore(start, remaining);
      // Told of before anybody can listen.
      this.#modes.push('OPEN');
      const breaker = start === 'HELD' ? { mode: start } : { mode: start, until: this.#clock.wallTime() + remaining };
      void memento.update('holdfast.fixture.breakers', superjson.stringify([{ file: store.fileOf('workspace', {}), ...workspace, scope: {}, breaker }]));
    }
    this.#service = new ConfigurationService(fixture, {
      store: this.#store, clock: this.#clock, memento, probeEvery: forever,
      // The breaker limits a probe that has no deadline of its own.
      guard: { breaker: rules, retry: { attempts: 1 }, timeout: Infinity, budget: Infinity },
      // VS Code answers in the machine's own time, which may be long in virtual time.
      lifecycle: { loadLimit: forever, drainLimit: forever },
    });
    witness(this.#service, () => this.#clock.now());
    this.#service.onEvent((event) => {
      if (event.type === 'breaker') this.#modes.push(event.to);
    });
  }

  static async start(variant: BreakerVariant): Promise<ServiceRun> {
    const run = new ServiceRun(vscodeStore(await fixtureContext(), fixture), variant);
    await run.#service.ready;
    // A file has a breaker from its first write on.
    if (variant.start === 'fresh') await run.#write('ok');
    return run;
  }

  readonly events = {
    SUCCESS: () => this.#end('ok'),
    FAILURE: () => this.#end('failed'),
    PROBE_ABANDONED: () => this.#write('gone'),
    // As soon as it may: see `#settle`.
    PROBE_STARTED: () => expect.fail('is part of another step'),
    EVIDENCE: async () => {
      // A file that has looked well all the time is no evidence after a write that failed.
      for (const well of [false, true]) {
        this.#store.looksWell = well;
        this.#service.evidence();
        await this.#clock.flush();
      }
      this.#oracle.evidence();
    },
    TRIP: () => this.#both('trip'),
    HOLD: () => this.#both('hold'),
    RELEASE: () => this.#both('release'),
    RESET: () => this.#both('reset'),
    PROBE_NOW: () => {
      this.#service.probe();
      this.#oracle.probeNow();
    },
    'xstate.after.openFor.circuit-breaker.OPEN.cooling': () => this.#passTo(this.#oracle.probesAt),
    'xstate.after.restFor.circuit-breaker.OPEN.cooling.resting': () => this.#passTo(this.#oracle.restsUntil),
    'xstate.after.probeLimit.circuit-breaker.HALF_OPEN.probing': () => this.#passTo(this.#oracle.nextDue),
  };

  readonly states = {
    'circuit-breaker.CLOSED': () => expect(this.#service.status).to.equal('healthy'),
    'circuit-breaker.OPEN': () => expect(this.#service.status).to.equal('unhealthy'),
    'circuit-breaker.OPEN.cooling': () => expect(this.#breaker.retryAfter).to.be.a('number'),
    'circuit-breaker.OPEN.cooling.resting': () => expect(this.#clock.now()).to.be.below(this.#oracle.restsUntil),
    'circuit-breaker.OPEN.cooling.waiting': () => expect(this.#clock.now()).to.be.at.least(this.#oracle.restsUntil),
    'circuit-breaker.OPEN.held': () => expect(this.#breaker.held).to.equal(true),
    'circuit-breaker.HALF_OPEN': () => expect(this.#service.status).to.equal('degraded'),
    'circuit-breaker.HALF_OPEN.probing': () => expect(this.#store.go).to.be.a('function'),
  };

  async check(): Promise<void> {
    await this.#settle();
    if (this.#oracle.mode === 'OPEN') {
      const before = readSettings();
      expect(await rejection(this.#service.update('count', 1, workspace))).to.be.instanceOf(CircuitOpenError);
      expect(readSettings()).to.deep.equal(before);
    }
  }

  async finish(): Promise<void> {
    if (this.#probe !== undefined) await this.#leave(this.#probe);
    await this.#service.dispose();
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
  }

  get #breaker() {
    return this.#service.breakers()[0]!;
  }

  /** Waits until VS Code has answered, and the service shows what the oracle says. */
  async #settle(): Promise<void> {
    const oracle = this.#oracle;
    await this.#clock.flush();
    if (this.#probe !== undefined && this.#probe.ticket.period !== oracle.period) await this.#leave(this.#probe);
    if (oracle.mode === 'HALF_OPEN') this.#probe ??= await this.#begin(oracle.call()!);
    const expected = {
      mode: oracle.mode, held: oracle.held, failures: oracle.failuresInARow, retryAfter: oracle.retryAfter, history: oracle.history, probing: oracle.mode === 'HALF_OPEN',
    };
    const end = performance.now() + limits.condition;
    for (;;) {
      await this.#clock.flush();
      const { mode, held, consecutiveFailures: failures, retryAfter } = this.#breaker;
      const seen = { mode, held, failures, retryAfter, history: this.#modes, probing: mode === 'HALF_OPEN' && this.#store.go !== undefined };
      if (JSON.stringify(seen) === JSON.stringify(expected)) return;
      if (performance.now() > end) expect(seen).to.deep.equal(expected);
      // There are thousands of these waits, and most are over within a millisecond or two.
      await elapse(1);
    }
  }

  async #passTo(moment: number): Promise<void> {
    const wait = moment - this.#clock.now();
    expect(wait, 'a timer that is due').to.be.above(0).and.below(Infinity);
    for (const step of [wait - 1, 1]) {
      await this.#clock.advance(step);
      this.#oracle.passTo(this.#clock.now());
      await this.#settle();
    }
  }

  #both(action: 'trip' | 'hold' | 'release' | 'reset'): void {
    this.#service[action]();
    this.#oracle[action]();
  }

  /** The file is looked at before a write is let through. */
  async #begin(ticket: Ticket): Promise<Probe> {
    const { value, caller } = { value: ServiceRun.#another(), caller: new AbortController() };
    this.#store.hangs = true;
    for (;;) {
      await this.#clock.flush();
      const update = this.#service.update('count', value, { ...workspace, signal: caller.signal });
      const refused = update.then(() => false, () => true);
      await until('the probe is under way, or refused', async () => {
        await this.#clock.flush();
        return this.#store.go !== undefined || await Promise.race([refused, Promise.resolve(false)]);
      });
      if (this.#store.go !== undefined) return { ticket, value, caller, update };
    }
  }

  /** It is over for the breaker, and would hold up the queue. */
  async #leave({ caller, update }: Probe): Promise<void> {
    this.#probe = undefined;
    this.#store.hangs = false;
    caller.abort();
    expect(await rejection(update)).to.be.instanceOf(AbortedError);
    await this.#clock.flush();
  }

  async #end(how: CallEnd): Promise<void> {
    if (this.#oracle.mode === 'CLOSED') return this.#write(how);
    const { ticket, value, update } = this.#probe!;
    this.#probe = undefined;
    this.#store.hangs = false;
    await setDirty(how === 'failed');
    this.#store.go!();
    await this.#expectEnd(update, how, value);
    this.#oracle.end(ticket, how);
  }

  async #expectEnd(update: Promise<unknown>, how: CallEnd, value: number): Promise<void> {
    if (how === 'failed') {
      expect(await rejection(update)).to.be.instanceOf(StoreError).and.to.include({ reason: 'dirty' });
      return;
    }
    await update;
    expect(readSettings()).to.include({ 'fixture.count': value });
    expect(this.#service.get('count')).to.equal(value);
  }

  static #another(): number {
    return (ServiceRun.#number = ServiceRun.#number % 40 + 1);
  }

  /** A write of another value than the last: stored, refused by VS Code, or left by its caller. */
  async #write(how: CallEnd): Promise<void> {
    const ticket = this.#oracle.call()!;
    const value = ServiceRun.#another();
    if (how !== 'gone') await setDirty(how === 'failed');
    this.#store.hangs = how === 'gone';
    const controller = new AbortController();
    const update = this.#service.update('count', value, { ...workspace, signal: controller.signal });
    if (how === 'gone') {
      await this.#clock.flush();
      controller.abort();
      expect(await rejection(update)).to.be.instanceOf(AbortedError);
    } else await this.#expectEnd(update, how, value);
    this.#store.hangs = false;
    this.#oracle.end(ticket, how);
  }
}
