import { expect } from 'chai';
import { createConfigurationService, AbortedError, DisposedError, StoreError, SupervisionError } from '../../../src/index.ts';
import { FaultyClock } from '../harness/faulty-clock.ts';
import { crash, GatedStore, keyNumber, numbers, poison, type OpenWrite, type Service } from '../harness/service.ts';
import { alike, same } from '../harness/same.ts';
import type { Run, Variant } from '../harness/suite.ts';
import { SupervisorOracle, type Answer, type Mode } from './oracle.ts';

export const crashWindow = 60_000;

export interface SupervisorVariant extends Variant {
  readonly crashLimit: number;
  readonly files: readonly FileName[];
  /** Where a write that is tried again is found: between its attempts, or in the second. */
  readonly retries: 'waiting' | 'running';
}

export type FileName = 'user settings' | 'workspace settings';
const targetOf = (file: FileName) => (file === 'user settings' ? 'user' : 'workspace');

export type ModelEvent = { readonly type: string; readonly file?: FileName; readonly to?: string; readonly invalid?: boolean; readonly crash?: boolean };

const forever = 1e9;
const refusal = (): StoreError => new StoreError('policy', 'Injected: policy.');

/** A service of one or two settings files, each with a write in flight and others waiting, whose actors crash when the path says so. */
export class SupervisorRun implements Run {
  readonly #clock = new FaultyClock();
  readonly #store = new GatedStore();
  readonly #service: Service;
  readonly #oracle: SupervisorOracle;
  readonly #variant: SupervisorVariant;
  readonly #callers = new Map<FileName, AbortController[]>();
  readonly #answers: Record<Answer, number> = { 'refused': 0, 'aborted': 0, 'failed': 0, 'given up': 0, 'disposed': 0 };
  readonly #crashes: boolean[] = [];
  #keys = 0;
  #disposed = false;

  constructor(variant: SupervisorVariant) {
    this.#variant = variant;
    this.#oracle = new SupervisorOracle(variant.crashLimit, crashWindow, variant.retries === 'waiting');
    this.#store.gateLoads = true;
    this.#store.gated = ['user', 'workspace'];
    this.#service = createConfigurationService(numbers, {
      store: this.#store,
      clock: this.#clock,
      lifecycle: { loadLimit: forever, reloadEvery: forever },
      supervisor: { crashLimit: variant.crashLimit, crashWindow },
      guard: {
        timeout: forever,
        budget: forever,
        breaker: { threshold: 1e6, openFor: forever, probeLimit: forever },
        retry: { attempts: 3, initialDelay: variant.retries === 'waiting' ? forever / 10 : 10, maxDelay: forever, jitter: 0 },
      },
    });
    this.#service.onEvent((event) => {
      if (event.type === 'crash') this.#crashes.push(event.givenUp);
    });
  }

  async prepare(): Promise<this> {
    await this.#clock.flush();
    return this;
  }

  readonly events: Run['events'] = {
    'OPEN_FILE': ({ file }: ModelEvent) => this.#fill(file!),
    'START_RETRY': ({ file }: ModelEvent) => this.#startRetry(file!),
    'CRASH_FORGOTTEN': () => this.#passTo(this.#oracle.forgetsAt),
    'RESTART': async () => {
      this.#service.reset();
      this.#oracle.restart();
      await this.#clock.flush();
      for (const file of this.#oracle.files.keys()) await this.#fill(file as FileName);
    },
    'DISPOSE': async ({ crash: crashing }: ModelEvent) => {
      // The lifecycle wants a timer for its disposal.
      if (crashing === true) this.#clock.refuse = 1;
      this.#oracle.dispose(this.#clock.now());
      this.#dispose();
      await this.#clock.flush();
      if (crashing !== true) return;
      expect(this.#clock.refuse, 'the crash').to.equal(0);
      this.#oracle.stop();
    },
    'xstate.snapshot.lifecycle': ({ to, invalid }: ModelEvent) => this.#load(to!, invalid === true),
    ...this.#forFiles('xstate.snapshot.breaker:', (file, { to }) => this.#setMode(file, to as Mode)),
    ...this.#forFiles('xstate.done.actor.retry:', (file) => this.#abort(file)),
    ...this.#forFiles('xstate.done.actor.queue:', (file) => this.#closeQueue(file)),
    'xstate.done.actor.lifecycle': () => this.#passTo(this.#clock.now() + 5_000),
    'xstate.error.actor.lifecycle': () => this.#crash('lifecycle', 'LOADED'),
    ...this.#forFiles('xstate.error.actor.breaker:', (file) =>
      this.#crash(`breaker:${file}`, this.#oracle.file(file).mode === 'CLOSED' ? 'FAILURE' : 'PROBE_STARTED')),
    ...this.#forFiles('xstate.error.actor.queue:', (file) =>
      this.#crash(`queue:${file}`, this.#oracle.phase === 'running' ? 'ENQUEUE' : 'SETTLED')),
    ...this.#forFiles('xstate.error.actor.retry:', (file) => this.#crash(`retry:${file}`, 'ATTEMPT_FAILED')),
  };

  readonly states = {
    'supervisor.phase': () => undefined,
    'supervisor.phase.running': () => this.#expectPhase(['lifecycle'], false),
    'supervisor.phase.givenUp': () => this.#expectPhase([], false),
    'supervisor.phase.stopping': () => this.#expectPhase(['lifecycle'], false),
    'supervisor.phase.stopping.draining': () => this.#expectPhase(['lifecycle'], false),
    'supervisor.phase.stopping.ending': () => expect.fail('ending is passed through at once'),
    'supervisor.phase.stopped': () => this.#expectPhase([], true),
    'supervisor.health': () => undefined,
    'supervisor.health.healthy': () => same(this.#service.status, 'healthy'),
    'supervisor.health.degraded': () => same(this.#service.status, 'degraded'),
    'supervisor.health.unhealthy': () => same(this.#service.status, 'unhealthy'),
  };

  async check(): Promise<void> {
    const { health, answers, crashes, actors, phase, files } = this.#oracle;
    alike({ status: this.#service.status, answers: this.#answers, crashes: this.#crashes, disposed: this.#disposed }, {
      status: health, answers, crashes, disposed: phase === 'stopped',
    });
    // A queue or a retry that has ended while the supervisor stops may still be listed.
    if (phase !== 'stopping') alike(this.#children(), actors);
    // Of no interest when all is over.
    if (phase !== 'stopped') same(this.#service.supervisor.getSnapshot().context.crashes, this.#oracle.recentCrashes, 'crashes that count');
    const breakers = this.#service.breakers();
    alike(breakers.map(({ file, queueDepth }) => [file, queueDepth]), [...files].map(([file, { writes }]) => [file, writes]), 'writes accepted and not answered');
    alike<string[]>(breakers.map(({ mode }) => mode), [...files.values()].map(({ mode }) => mode));
    // Reads are served whatever happens (P30, P42).
    same(this.#service.get('a'), 0);
    await this.#expectRefusal();
  }

  async finish(): Promise<void> {
    if (this.#oracle.phase === 'given up') await this.#endWhatRuns();
    if (this.#oracle.phase === 'running' || this.#oracle.phase === 'given up') {
      await this.#passTo(this.#clock.now() + 2 * crashWindow);
      this.#oracle.dispose(this.#clock.now());
      this.#dispose();
    }
    await this.#passTo(this.#clock.now() + 5_000);
    expect(this.#disposed, 'disposed in 5 s (P40)').to.equal(true);
    const asked = this.#store.asked.length;
    for (const write of [...this.#store.open]) write.refuse(refusal());
    for (const load of [...this.#store.loads]) load.resolve();
    await this.#passTo(this.#clock.now() + 2 * crashWindow);
    expect(this.#store.asked, 'writes after disposal').to.have.length(asked);
    expect(this.#clock.pendingTimers(), 'timers left').to.deep.equal([]);
    expect(this.#store.backend.listenerCount, 'listeners left').to.equal(0);
    expect(Object.values(this.#answers).reduce((sum, each) => sum + each), 'answers').to.equal(this.#keys);
  }

  #forFiles(prefix: string, execute: (file: FileName, event: ModelEvent) => Promise<void>): Run['events'] {
    const files: readonly FileName[] = ['user settings', 'workspace settings'];
    return Object.fromEntries(files.map((file) => [`${prefix}${file}`, (event: ModelEvent) => execute(file, event)]));
  }

  /** A write in flight, and two more: the queue is never idle. */
  async #fill(file: FileName): Promise<void> {
    while ((this.#oracle.files.get(file)?.writes ?? 0) < 3) {
      const caller = new AbortController();
      if (!this.#callers.has(file)) this.#callers.set(file, []);
      this.#callers.get(file)!.push(caller);
      this.#service.update(keyNumber(this.#keys++), 1, { target: targetOf(file), park: true, signal: caller.signal }).then(
        () => expect.fail('nothing is stored here'),
        (error: unknown) => {
          this.#callers.get(file)!.splice(this.#callers.get(file)!.indexOf(caller), 1);
          this.#answers[answerOf(error)]++;
        },
      );
      this.#oracle.write(file);
      await this.#clock.flush();
    }
  }

  #inFlight(file: FileName): OpenWrite {
    return this.#store.open.filter(({ target }) => target === targetOf(file)).at(-1)!;
  }

  async #startRetry(file: FileName): Promise<void> {
    this.#inFlight(file).refuse(new StoreError('io', 'Injected: io.'));
    this.#oracle.file(file).retrying = true;
    await this.#clock.flush();
    if (this.#variant.retries === 'running') await this.#passTo(this.#clock.now() + 10);
  }

  async #abort(file: FileName): Promise<void> {
    this.#callers.get(file)![0]!.abort();
    this.#oracle.answer(file, 'aborted');
    await this.#clock.flush();
    // The store's own end comes later, and nobody waits for it.
    if (this.#oracle.phase === 'running') await this.#fill(file);
  }

  async #setMode(file: FileName, to: Mode): Promise<void> {
    if (to === 'OPEN') this.#service.hold(file);
    else if (to === 'HALF_OPEN') this.#service.release(file);
    else this.#service.reset(file);
    this.#oracle.setMode(file, to);
    await this.#clock.flush();
  }

  async #load(to: string, invalid: boolean): Promise<void> {
    if (this.#store.loads.length === 0) void this.#service.reload();
    await this.#clock.flush();
    this.#store.garbage = invalid;
    if (to === 'ready') this.#store.loads.at(-1)!.resolve();
    else this.#store.loads.at(-1)!.reject(new StoreError('io', 'Injected: io.'));
    this.#oracle.lifecycle = to as 'ready' | 'degraded';
    if (to === 'ready') this.#oracle.invalid = invalid;
    await this.#clock.flush();
  }

  /** All that waits is refused by the store, one after the other. */
  async #closeQueue(file: FileName): Promise<void> {
    if (this.#oracle.file(file).retrying && this.#variant.retries === 'waiting') await this.#abort(file);
    while (this.#oracle.file(file).writes > 0) {
      this.#inFlight(file).refuse(refusal());
      this.#oracle.answer(file, 'refused');
      await this.#clock.flush();
    }
    this.#oracle.closeQueue(file);
  }

  /** What runs when the supervisor gives up goes on: its caller is told how it ends. */
  async #endWhatRuns(): Promise<void> {
    for (const [name, { writes }] of this.#oracle.files) {
      if (writes === 0) continue;
      this.#inFlight(name as FileName).refuse(refusal());
      this.#oracle.answer(name, 'refused');
      await this.#clock.flush();
      await this.check();
    }
  }

  async #crash(actor: string, event: string): Promise<void> {
    // No two at the same moment, so that they are forgotten one by one.
    await this.#passTo(this.#clock.now() + 10);
    if (actor.startsWith('retry:')) this.#retries()[0]!.send(poison(event) as never);
    else crash(this.#service, actor, event);
    this.#oracle.crash(actor, this.#clock.now());
    await this.#clock.flush();
  }

  #dispose(): void {
    void this.#service.dispose().then(() => (this.#disposed = true));
  }

  async #passTo(moment: number): Promise<void> {
    await this.#clock.advance(moment - this.#clock.now() - 1);
    this.#oracle.passTo(this.#clock.now());
    await this.check();
    await this.#clock.advance(1);
    this.#oracle.passTo(this.#clock.now());
    await this.check();
  }

  #retries() {
    const { children } = this.#service.supervisor.getSnapshot();
    return Object.entries(children).filter(([id]) => id.startsWith('retry:')).map(([, child]) => child!);
  }

  /** The actors there are; retries without their numbers. */
  #children(): string[] {
    return Object.keys(this.#service.supervisor.getSnapshot().children).map((id) => id.replace(/^retry:.*/, 'retry')).sort();
  }

  #expectPhase(actors: readonly string[], disposed: boolean): void {
    const children = this.#children();
    same(actors.every((actor) => children.includes(actor)), true, () => `${actors.join()} among ${children.join()}`);
    if (actors.length === 0) alike(children, []);
    same(this.#disposed, disposed, 'disposed');
  }

  /** While nothing runs, writes are refused at once, with the reason. */
  async #expectRefusal(): Promise<void> {
    const { phase } = this.#oracle;
    if (phase === 'running') return;
    const error = await this.#service.update('l', 9, { park: true }).then(() => expect.fail('resolved'), (reason: unknown) => reason);
    same(error instanceof (phase === 'given up' ? SupervisionError : DisposedError), true, () => `refused with ${String(error)}`);
  }
}

function answerOf(error: unknown): Answer {
  if (error instanceof AbortedError) return 'aborted';
  if (error instanceof DisposedError) return 'disposed';
  if (error instanceof SupervisionError) return 'given up';
  return (error as StoreError).reason === 'policy' ? 'refused' : 'failed';
}
