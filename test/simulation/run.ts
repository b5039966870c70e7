import { getEventListeners } from 'node:events';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { Backend, fileNames, fileOfTarget, nameIn, slotOf } from './backend.ts';
import { untold } from './doubts.ts';
import { judge, tell, type Look } from './history.ts';
import { SimulatedMemento } from './leash.ts';
import { everySlot, Life } from './life.ts';
import { Promises, type Violation } from './promises.ts';
import { asRead, definition, keys, mergedLayers, ownValue, placeNames, places, readers, same, text, type Key, type PlaceName } from './settings.ts';
import type { RunOptions, Step } from './steps.ts';
import { unreadableFault } from './store.ts';

export interface RunResult {
  readonly violation: (Violation & { readonly step: number }) | undefined;
  /** Calls of services: writes, reads, and what operators do. */
  readonly operations: number;
  /** Milliseconds from the healing to the last closing of a breaker, when one was open. */
  readonly recovery: number | undefined;
}

/** An open breaker probes by itself after this long, in milliseconds; whoever probes may hang for as long as a probe may. */
const openFor = 60_000;
const probeLimit = 30_000;
/** Writes at the end are numbered from here, so that their values are like no others. */
const firstOfTheEnd = 900_000;

/** One simulated world: its windows, and the steps that happen to them. */
export class Run {
  readonly #clock = new VirtualClock();
  readonly #backend: Backend;
  readonly #options: RunOptions;
  readonly #onLife: (life: Life) => void;
  readonly #promises: Promises;
  readonly #mementos: SimulatedMemento[];
  /** The present life of each window. */
  readonly #windows: Life[] = [];
  readonly #lives: Life[] = [];
  readonly #looks = new Map<string, Look[]>();
  readonly #looked = new Map<string, number>();
  #operations = 0;
  #step = 0;
  #recovery: number | undefined;

  constructor(options: RunOptions, seed: number, tally: Map<string, number>, onLife: (life: Life) => void = () => undefined) {
    this.#options = options;
    this.#onLife = onLife;
    this.#backend = new Backend(this.#clock, seededRandom(seed));
    this.#backend.trusted = options.trusted;
    this.#promises = new Promises(this.#backend, options, tally);
    this.#mementos = Array.from({ length: options.windows }, () => new SimulatedMemento());
    for (let window = 0; window < options.windows; window++) this.#start(window);
    this.#backend.watchers.add((_file, by, changes) => {
      if (by !== undefined) this.#promises.onSave(by, changes, this.#lives);
    });
  }

  async play(steps: readonly Step[]): Promise<RunResult> {
    for (const step of steps) {
      if (this.#promises.first !== undefined) break;
      this.#promises.count(`step: ${step.do}`);
      await this.#do(step);
      // Some steps come before the last has had all its effects.
      const settled = this.#backend.below(10) < 7;
      if (settled) await this.#clock.flush();
      this.#replaceDead();
      this.#check(settled);
      if (this.#promises.first === undefined) this.#step++;
    }
    if (this.#promises.first === undefined) await this.#end();
    // A killed process never stops waiting: what it waits for must not keep the whole world in memory.
    this.#backend.watchers.clear();
    const { first } = this.#promises;
    return { violation: first && { ...first, step: this.#step }, operations: this.#operations, recovery: this.#recovery };
  }

  /** An error that nobody caught. */
  unhandled(error: unknown): void {
    this.#promises.violation('P42', `unhandled: ${String(error)}`);
  }

  /** The windows whose process has died in the middle of a write. */
  #replaceDead(): void {
    for (const [window, life] of this.#windows.entries()) if (life.isOver) this.#start(window);
  }

  #start(window: number): Life {
    const life = new Life(this.#lives.length, this.#backend, this.#mementos[window]!, this.#options, this.#promises);
    this.#windows[window] = life;
    this.#lives.push(life);
    this.#onLife(life);
    return life;
  }

  #check(settled: boolean): void {
    for (const life of this.#windows) this.#promises.check(life, settled);
    if (!settled) return;
    for (const { slot } of everySlot) this.#look(slot);
  }

  /** Looks into the file, when it has changed and nothing is under way that will change it again. */
  #look(slot: string): void {
    const last = this.#backend.changesOf(slot).at(-1);
    if (last === undefined || last.late || this.#looked.get(slot) === last.order) return;
    const busy = this.#windows.some((life) => !life.isOver && life.isWriting(slot))
      || this.#backend.openAttempts().some((attempt) => attempt.slot === slot);
    if (busy) return;
    this.#looked.set(slot, last.order);
    this.#note(slot);
  }

  #note(slot: string): void {
    const looks = this.#looks.get(slot) ?? [];
    looks.push({ at: this.#backend.moment(), value: this.#backend.value(slot) });
    this.#looks.set(slot, looks);
  }

  // ---- The steps

  async #do(step: Step): Promise<void> {
    const window = 'window' in step ? step.window % this.#options.windows : 0;
    const life = this.#windows[window]!;
    const { service, store } = life;
    const number = this.#operations + 1;
    // Nobody can ask anything of a process that stands still.
    if ('window' in step && life.gate.paused && step.do !== 'kill' && step.do !== 'restart') return;
    switch (step.do) {
      case 'set':
        return this.#submit(life, step, new Map([[step.key, ownValue(step.key, step.number)]]));
      case 'unset':
        return this.#submit(life, { ...step, do: 'set', number }, new Map([[step.key, undefined]]));
      case 'append':
        return this.#submit(life, step, new Map([['list', ownValue('list', step.number)]]));
      case 'transaction':
        return this.#submit(life, step, new Map(step.keys.map((key) => [key, ownValue(key, step.number)])));
      case 'restore defaults':
        return this.#submit(life, { ...step, number, place: 'user', how: { park: false, critical: false, signal: false } }, new Map(keys.map((key) => [key, undefined])));
      case 'illegal':
        this.#operations++;
        return life.submitIllegal(step.key, step.value);
      case 'unreadable':
        this.#operations++;
        return life.submitUnreadable(step.key, step.as);
      case 'save outside': {
        const { target } = places[step.place];
        return this.#backend.save(fileOfTarget(target), step.milliseconds, () => this.#appendOutside(step.place, step.number));
      }
      case 'abort': {
        const abortable = life.operations.filter(({ controller }) => controller?.signal.aborted === false).slice(-8);
        return abortable[step.nth % Math.max(1, abortable.length)]?.controller!.abort();
      }
      case 'edit':
        return this.#edit(step.place, step.key, () => step.value);
      case 'append outside':
        return this.#appendOutside(step.place, step.number);
      case 'break file': case 'mend file':
        return this.#backend.setBroken(step.file, step.do === 'break file');
      case 'write fault':
        // All attempts of a write: another one would be stored.
        return void store.writeFaults.push(...Array.from({ length: step.fault.kind === unreadableFault ? 3 : 1 }, () => step.fault));
      case 'fail':
        return void store.failing.set(step.operation, step.reason);
      case 'hang':
        return void store.hanging.add(step.operation);
      case 'die':
        for (const each of this.#windows) for (const operation of ['load', 'write', 'readBack', 'probe'] as const) each.store.failing.set(operation, 'io');
        return undefined;
      case 'heal':
        return store.heal();
      case 'nudge':
        return store.nudge();
      case 'memento':
        life.memento.fault = step.fault;
        return undefined;
      case 'trust':
        this.#backend.trusted = true;
        for (const each of this.#windows) each.store.nudge();
        return undefined;
      case 'wait':
        return this.#clock.advance(step.milliseconds);
      case 'jump':
        return this.#clock.jumpWallClock(step.milliseconds);
      case 'crash':
        return this.#crash(life, step.nth);
      case 'operate':
        this.#operations++;
        if (step.what === 'reload') void service.reload();
        else if (step.what === 'health') this.#health(life);
        else if (step.what === 'reset metrics') {
          // What is counted already may be heard of in a moment.
          life.answered -= service.metrics().operationCount;
          service.resetMetrics();
        } else service[step.what]();
        return undefined;
      case 'burst':
        if (step.fault !== undefined) store.writeFaults.unshift(step.fault);
        for (const write of step.writes) {
          if (!this.#windows[write.window % this.#options.windows]!.isOver) await this.#do(write);
        }
        return undefined;
      case 'die in':
        store.dieIn = step.steps;
        return undefined;
      case 'pause':
        return life.pause(step.milliseconds);
      case 'lose lock':
        return this.#backend.loseLock(step.file);
      case 'together':
        return store.sayTogether(step.file, step.can);
      case 'restart':
        await this.#dispose(life);
        return this.#restart(window, life);
      case 'kill':
        if (step.disposingFor === undefined) await this.#clock.flush();
        else {
          void life.dispose();
          await this.#clock.advance(step.disposingFor);
        }
        // It has died by itself, in the middle of a write: what it was about to keep is lost with it.
        if (life.isOver) return void this.#start(window);
        life.kill();
        return this.#restart(window, life);
    }
  }

  #submit(life: Life, step: { do: 'set' | 'append' | 'transaction' | 'restore defaults'; number: number; place: PlaceName; how: Parameters<Life['submit']>[4] }, values: ReadonlyMap<Key, unknown>): void {
    this.#operations++;
    life.submit(step.number, step.do, step.place, values, step.how);
  }

  #appendOutside(place: PlaceName, number: number): void {
    this.#edit(place, 'list', (list) => [...((list ?? []) as string[]), `i${number}`]);
  }

  #edit(place: PlaceName, key: Key, edit: (value: unknown) => unknown): void {
    const { target, scope } = places[place];
    const file = fileOfTarget(target);
    const name = nameIn(key, 'languageId' in scope ? scope.languageId : undefined);
    this.#backend.change(file, [{ name, value: edit(this.#backend.value(slotOf(file, name))), by: undefined }]);
  }

  #crash({ service }: Life, nth: number): void {
    const children = Object.values(service.supervisor.getSnapshot().children);
    const hostile = Object.defineProperty({}, 'type', { get: () => { throw new Error('Injected: an actor crashes.'); } });
    children[nth % Math.max(1, children.length)]?.send(hostile as never);
  }

  /** P60: a report is true when it is given. */
  #health(life: Life): void {
    const { service } = life;
    void service.health().then(({ status }) => {
      // Between the giving and the hearing of it a breaker may have changed.
      if (life.breakerChangedAt === this.#clock.now()) return;
      const modes = service.breakers().map(({ mode }) => mode);
      if (modes.includes('OPEN') && status !== 'unhealthy') this.#promises.violation('P60', `the report says ${status} while a breaker is open`);
      if (modes.includes('HALF_OPEN') && status === 'healthy') this.#promises.violation('P60', 'the report says healthy while a breaker is half open');
    });
  }

  /** The next life of a window goes on where the last one ended. */
  #restart(window: number, before: Life): void {
    const { service } = this.#start(window);
    if (before.memento.suspect) return;
    for (const key of keys) {
      if (key === 'tool' || key === 'token') continue;
      const [now, then] = [service.get(key), before.service.get(key)];
      if (!same(now, then)) this.#promises.violation('P30', `after a restart get shows ${text(now)} for "${key}", and not the last good value ${text(then)}`);
    }
  }

  /** P40 */
  async #dispose(life: Life): Promise<void> {
    const { service, clock, store } = life;
    const before = this.#clock.now();
    const pending = [...life.pending];
    await this.#clock.run(life.dispose());
    life.ended = this.#backend.moment();
    life.disposed = true;
    await this.#clock.flush();
    const broken = (message: string): void => this.#promises.violation('P40', message);
    if (this.#clock.now() - before > 5_000) broken(`the disposal took ${this.#clock.now() - before} ms`);
    for (const { number, answered } of pending) if (answered === undefined) broken(`operation ${number} has not ended with the disposal`);
    if (clock.timerCount > 0) broken(`${clock.timerCount} timers are left`);
    if (store.listenerCount > 0 || store.isWatching) broken('a listener of the store is left');
    const supervisor = service.supervisor.getSnapshot();
    if (Object.values(supervisor.children).some((child) => child?.getSnapshot().status === 'active')) broken('an actor is left');
    for (const { controller, number } of life.operations) {
      if (controller !== undefined && getEventListeners(controller.signal, 'abort').length > 0) broken(`operation ${number} still listens for its abort`);
    }
    await service.dispose();
    await service.update('count', 1).then(
      () => broken('a write is accepted after the disposal'),
      (error: { code?: unknown }) => error.code === 'DISPOSED' || broken(`a write after the disposal is refused with ${String(error.code)}`),
    );
    this.#promises.checkReads(life);
  }

  // ---- The end: everything heals, and time goes on until nothing is left to happen

  async #end(): Promise<void> {
    for (const file of fileNames) this.#backend.setBroken(file, false);
    for (const life of this.#windows) {
      life.resume();
      life.store.dieIn = Infinity;
    }
    await this.#clock.flush();
    this.#replaceDead();
    for (const { store, service, memento, givenUp } of this.#windows) {
      store.heal();
      memento.fault = 'none';
      service.release();
      // Too many crashes are for an operator to forgive.
      if (givenUp) service.reset();
    }
    this.#recovery = await this.#recover();
    await this.#clock.advance(400_000);
    // What has landed late until now may have opened one again.
    await this.#recover();
    await this.#clock.advance(10_000);
    this.#check(true);
    for (const life of this.#windows) this.#checkHealed(life);
    for (const { slot } of everySlot) this.#note(slot);
    for (const { slot, key } of everySlot) this.#checkHistory(slot, key);
    for (const memento of this.#mementos) this.#checkTold(memento);
    for (const life of this.#windows) await this.#dispose(life);
  }

  /** @returns how long it took until all breakers were closed, when one was not */
  async #recover(): Promise<number | undefined> {
    const isClosed = (): boolean => this.#windows.every(({ service }) => service.breakers().every(({ mode }) => mode === 'CLOSED'));
    if (isClosed()) return undefined;
    const from = this.#clock.now();
    while (!isClosed() && this.#clock.now() - from <= openFor + probeLimit) {
      this.#writeWhereHalfOpen();
      await this.#clock.advance(250);
    }
    const recovery = this.#clock.now() - from;
    if (!isClosed()) this.#promises.violation('P16', `a breaker is not closed ${recovery} ms after everything has healed`);
    return recovery;
  }

  /** Only a write closes a breaker: somebody changes a setting. */
  #writeWhereHalfOpen(): void {
    for (const life of this.#windows) {
      for (const { file, mode, queueDepth } of life.service.breakers()) {
        if (mode !== 'HALF_OPEN' || queueDepth > 0) continue;
        const place = placeNames.find((name) => fileOfTarget(places[name].target) === file)!;
        const number = firstOfTheEnd + this.#operations;
        this.#submit(life, { do: 'set', number, place, how: { park: false, critical: false, signal: false } }, new Map([['count', ownValue('count', number)]]));
      }
    }
  }

  #checkHealed(life: Life): void {
    const { service, clock } = life;
    for (const { number } of life.pending) this.#promises.violation('P26', `operation ${number} never ends`);
    if (life.unreadable > 0) this.#promises.violation('P26', `${life.unreadable} calls with values that throw when they are looked at never end`);
    if (service.metrics().queueDepth > 0) this.#promises.violation('P26', 'the queues never become empty');
    if (service.status !== (service.issues.length > 0 ? 'degraded' : 'healthy')) this.#promises.violation('P16', `${service.status} after everything has healed`);
    if (clock.timerCount > 0) this.#promises.violation('P43', `${clock.timerCount} timers while idle`);
    for (const scope of readers) for (const key of keys) this.#checkServed(life, key, scope);
  }

  /** P31, P34: what is stored and legal is served, whatever stands beside it. */
  #checkServed({ service }: Life, key: Key, scope: (typeof readers)[number]): void {
    const languageId = scope?.languageId;
    const layers = (languageId === undefined ? [undefined] : [undefined, languageId]).flatMap((language) => fileNames.flatMap((file) => {
      if (file === 'folder.json' && scope?.resource === undefined) return [];
      if (key === 'tool' && file !== 'user.json' && !this.#backend.trusted) return [];
      const { values } = this.#backend.files.get(file)!;
      const name = nameIn(key, language);
      return values.has(name) ? [values.get(name)] : [];
    }));
    const expected = layers.length === 0 ? { value: definition.defaults[key] } : asRead(key, mergedLayers(layers));
    const shown = service.get(key, scope);
    if (expected !== undefined && !same(shown, expected.value)) this.#promises.violation('P31', `get shows ${text(shown)} for "${key}", and ${text(expected.value)} is stored`);
  }

  /** P29. Of a memento that has failed nobody can expect that it knows. */
  #checkTold(memento: SimulatedMemento): void {
    if (memento.suspect) return;
    for (const { operation: { number, life }, key } of untold(this.#lives.filter((each) => each.memento === memento))) {
      this.#promises.violation('P29', `what became of "${key}" of operation ${number} of life ${life.number} nobody was told, in its life or after`);
    }
  }

  #checkHistory(slot: string, key: Key): void {
    const looks = this.#looks.get(slot) ?? [];
    const concerned = this.#lives.filter((life) => life.operationsAt(slot).length > 0);
    const groups = key === 'list' ? [concerned] : concerned.map((life) => [life]);
    for (const lives of groups) {
      const verdict = judge(slot, key, lives, this.#backend, looks);
      this.#promises.count(`history: ${verdict}`);
      if (verdict !== 'no') continue;
      this.#promises.violation(key === 'list' ? 'P28' : 'P21', `no order of the writes to ${slot} explains what was seen there${tell(slot, key, lives, this.#backend, looks)}`);
    }
  }
}
