import { StoreError, storeReasons, type StoreReason } from '../../src/errors.ts';
import {
  settlingTime, targets, type Change, type Disposable, type Layer, type RawSetting, type Refusal, type Scope, type Store, type Target, type WriteOptions, type WriteRequest,
} from '../../src/store/store.ts';
import { fileNames, fileOfTarget, nameIn, slotOf, type Attempt, type Backend, type FileName } from './backend.ts';
import type { Gate } from './leash.ts';
import { mergedLayers, ownValue, same, unreadable, type Key } from './settings.ts';

/** What goes wrong with one save, of one value or of several. Times in milliseconds. */
export type WriteFault =
  | { readonly kind: 'fail'; readonly reason: StoreReason }
  /** Refused with an error no store should throw. */
  | { readonly kind: 'throw' }
  /** Never answered, never stored. */
  | { readonly kind: 'hang' }
  /** Stored after `delay`, whether it was given up or not; answered after `answer` more. */
  | { readonly kind: 'lag'; readonly delay: number; readonly answer: number }
  /** Refused at once, and stored all the same. */
  | { readonly kind: 'land late'; readonly delay: number }
  /** Never answered, and stored. */
  | { readonly kind: 'hang and land'; readonly delay: number }
  /** Stored after the next write, or after ten seconds. */
  | { readonly kind: 'reorder' }
  /** Said to be stored, and is not: of several values one, or all. */
  | { readonly kind: 'lose' }
  /** Said to be stored, and another value is: in the place of one. */
  | { readonly kind: 'corrupt'; readonly number: number }
  /** Refused, and of several values some alone: nothing is stored, and those are named. */
  | { readonly kind: typeof refusalFault; readonly reason: StoreReason }
  /** Refused with a value that throws when it is looked at. */
  | { readonly kind: typeof unreadableFault };
export const writeFaultKinds = ['fail', 'throw', 'hang', 'lag', 'land late', 'hang and land', 'reorder', 'lose', 'corrupt'] as const satisfies readonly WriteFault['kind'][];

/** One of the later kinds: see steps.ts. */
export const unreadableFault = 'throw what throws';

/** One of the latest kinds. */
export const refusalFault = 'refuse';

export const faultyOperations = ['load', 'read', 'write', 'readBack', 'probe'] as const;
export type FaultyOperation = (typeof faultyOperations)[number];

/** How quick a store is, in milliseconds. */
export interface Pace {
  /** The longest an operation takes when nothing is wrong. */
  readonly latency: number;
  /** The longest until a change of a file is noticed. */
  readonly viewLag: number;
}

/** What a store can do that not every store can. */
export interface Abilities {
  /** The files in which it stores several values by one save. */
  readonly together: readonly FileName[];
  /** `none`: it has no lock. `broken`: it has one, and cannot always get it. */
  readonly locks: 'none' | 'good' | 'broken';
}

/** One save on its way. */
interface Saving {
  readonly attempts: readonly Attempt[];
  readonly file: string;
  /** What the disk says of these values: nothing, when they are stored. One that is left out is not. */
  land(values: readonly ({ readonly value: unknown } | undefined)[], obeysSignal: boolean): StoreError | undefined;
  /** Nothing: all is stored. */
  answer(error?: unknown): void;
  /** Some are refused by themselves. */
  refuse(refusals: readonly Refusal[]): void;
}

/** What a file holds, for all and for a language. */
const layersOfFiles = targets.map((target) => ({ target, file: fileOfTarget(target), languageLayer: `${target}-language` as const }));

const refusalsInDoubt: readonly StoreReason[] = ['io', 'unknown', 'not-verified', 'no-space', 'shutting-down'];
function reasonOf(error: unknown): StoreReason | undefined {
  try {
    return error instanceof StoreError ? error.reason : undefined;
  } catch {
    // It throws when it is looked at.
    return undefined;
  }
}
const beingSaved = (): StoreError => new StoreError('newer', 'Another program is saving the file.');
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** One window's store on the shared files: it sees them late, and fails as it is told to. */
export class SimulatedStore implements Store {
  readonly name = 'simulated settings';
  readonly life: number;
  /** The faults of the next writes, in order. */
  readonly writeFaults: WriteFault[] = [];
  readonly failing = new Map<FaultyOperation, StoreReason>();
  readonly hanging = new Set<FaultyOperation>();
  /** Called before each write goes out. */
  onWrite: (attempt: Attempt, request: WriteRequest) => void = () => undefined;
  /** Called with the kind of each fault that strikes. */
  onFault: (kind: string) => void = () => undefined;
  /** Called when the process dies in the middle of a write: see `dieIn`. */
  onDeath: () => void = () => undefined;
  /** The process dies before it does one of the next steps of a write: 1 is the next. */
  dieIn = Infinity;
  /** The files in which several values are stored by one save, as of now. */
  readonly together: Set<string>;
  /** Those in which that has not always been so. */
  readonly oneByOne: Set<string>;
  /** A store may have none of these. */
  canCommit?: NonNullable<Store['canCommit']>;
  commit?: NonNullable<Store['commit']>;
  readBackAll?: NonNullable<Store['readBackAll']>;
  lock?: NonNullable<Store['lock']>;
  readonly #backend: Backend;
  readonly #gate: Gate;
  readonly #pace: Pace;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  /** What this window knows of each file. */
  readonly #view = new Map<string, ReadonlyMap<string, unknown> | StoreError>();
  #heldBack: (() => void) | undefined;
  #dead = false;

  constructor(backend: Backend, life: number, pace: Pace, gate: Gate, { together, locks }: Abilities) {
    this.#backend = backend;
    this.#gate = gate;
    this.together = new Set(together);
    this.oneByOne = new Set(fileNames.filter((file) => !this.together.has(file)));
    if (together.length > 0) {
      this.canCommit = ({ target, scope }) => this.together.has(this.fileOf(target, scope));
      this.commit = (changes, { signal }) => this.#save(changes, signal);
      this.readBackAll = (places) => this.#readBack(places, (values) => values);
    }
    if (locks !== 'none') this.lock = ({ target, scope }, signal) => this.#lock(this.fileOf(target, scope), signal, locks === 'broken');
    this.#pace = pace;
    this.life = life;
    this.#lookAtAll();
    this.#backend.watchers.add(this.#notice);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  get isWatching(): boolean {
    return this.#backend.watchers.has(this.#notice);
  }

  /** The process ends: nothing is asked or answered any more; what is on its way to the disk still arrives. */
  kill(): void {
    this.#dead = true;
    this.#listeners.clear();
    this.#backend.watchers.delete(this.#notice);
  }

  /** From now on several values of a file are stored by one save, or one by one: where the store can do that at all. */
  sayTogether(file: FileName, can: boolean): void {
    if (this.commit === undefined) return;
    if (can) this.together.add(file);
    else {
      this.together.delete(file);
      this.oneByOne.add(file);
    }
  }

  heal(): void {
    this.writeFaults.length = 0;
    this.failing.clear();
    this.hanging.clear();
  }

  async load(): Promise<void> {
    await this.#operation('load');
    for (const file of fileNames) if (this.#backend.isSaving(file)) await this.#untilStill(file);
    this.#lookAtAll();
    for (const known of this.#view.values()) if (known instanceof StoreError) throw known;
  }

  read(key: string, scope: Scope): RawSetting {
    const reason = this.failing.get('read');
    if (reason !== undefined) throw this.#strike('fail read', reason);
    const layers = new Map<Layer, unknown>();
    for (const languageId of scope.languageId === undefined ? [undefined] : [undefined, scope.languageId]) {
      const name = nameIn(key, languageId);
      for (const { target, file, languageLayer } of layersOfFiles) {
        if (target === 'folder' && scope.resource === undefined) continue;
        const known = this.#view.get(file)!;
        if (known instanceof StoreError) throw known;
        if (known.has(name)) layers.set(languageId === undefined ? target : languageLayer, known.get(name));
      }
    }
    return { effective: layers.size === 0 ? undefined : mergedLayers([...layers.values()]), layers };
  }

  write(request: WriteRequest, { signal, expected }: WriteOptions): Promise<void> {
    return this.#save([expected === undefined ? request : { ...request, expected }], signal) as Promise<unknown> as Promise<void>;
  }

  readBack(place: Omit<WriteRequest, 'value'>): Promise<unknown> {
    return this.#readBack([place], ([value]) => value);
  }

  async #readBack<T>(places: readonly Omit<WriteRequest, 'value'>[], answer: (values: readonly unknown[]) => T): Promise<T> {
    const { target, scope } = places[0]!;
    const name = this.fileOf(target, scope);
    const slots = places.map((place) => slotOf(name, nameIn(place.key, place.scope.languageId)));
    if (this.failing.get('readBack') === 'newer') await this.#operation('readBack').catch((error: unknown) => this.#noteCollision(slots, error));
    else await this.#operation('readBack');
    if (this.#backend.isSaving(name)) await this.#untilStill(name).catch((error: unknown) => this.#noteCollision(slots, error));
    const file = this.#backend.files.get(name)!;
    if (file.broken) throw new StoreError('invalid-file', 'The file is broken.');
    return answer(places.map(({ key, scope: { languageId } }) => file.values.get(nameIn(key, languageId))));
  }

  #lock(file: string, signal: AbortSignal, mayFail: boolean): Promise<Disposable> {
    if (this.#isDead()) return never();
    // Where it cannot be had, writers are told by `newer` when they meet.
    if (mayFail && this.#backend.below(4) === 0) return Promise.resolve({ dispose: () => undefined });
    return new Promise((resolve) => {
      const place: { leave?: () => void } = {};
      const lock = { dispose: () => place.leave?.() };
      const giveUp = (): void => {
        lock.dispose();
        resolve(lock);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      place.leave = this.#backend.lock(file, this.life, () => this.#pass(() => {
        signal.removeEventListener('abort', giveUp);
        resolve(lock);
      }));
    });
  }

  async probe(target: Target, scope: Scope): Promise<void> {
    await this.#operation('probe');
    const reason = this.failing.get('write');
    if (reason !== undefined) throw new StoreError(reason, 'Injected.');
    if (this.#backend.files.get(this.fileOf(target, scope))!.broken) throw new StoreError('invalid-file', 'The file is broken.');
  }

  fileOf(target: Target, scope: Scope): string {
    if (target === 'folder' && scope.resource === undefined) throw new StoreError('scope', 'Of which folder?');
    return fileOfTarget(target);
  }

  defaultTarget(): Target {
    return 'user';
  }

  trusted(): boolean {
    return this.#backend.trusted;
  }

  onDidChange(listener: () => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  /** Who listens has to leave by itself. */
  dispose(): void {
    this.#backend.watchers.delete(this.#notice);
  }

  /** Tells the listeners, as if a file had changed. */
  nudge(): void {
    for (const { listener } of [...this.#listeners]) listener();
  }

  #save(changes: readonly Change[], signal: AbortSignal): Promise<readonly Refusal[]> {
    if (this.#isDead()) return never();
    const [first] = changes as readonly [Change, ...Change[]];
    const file = this.fileOf(first.target, first.scope);
    const save = this.#backend.attempts;
    const attempts = changes.map(({ key, scope, value, expected }, index): Attempt => ({
      number: save + index, save, life: this.life, file, slot: slotOf(file, nameIn(key, scope.languageId)), value,
      begun: this.#backend.moment(), signal, isSwap: expected !== undefined,
    }));
    this.#backend.attempt(attempts);
    for (const [index, attempt] of attempts.entries()) this.onWrite(attempt, changes[index]!);
    return new Promise((resolve, reject) => {
      const settle = (error: unknown, refusals: readonly Refusal[] = []): void => {
        for (const [index, attempt] of attempts.entries()) {
          const own = refusals.find((refusal) => refusal.index === index)?.error ?? error;
          if (attempt.answer !== undefined) continue;
          const isRefused = error !== undefined || refusals.length > 0;
          attempt.answer = isRefused ? 'refused' : 'stored';
          const reason = reasonOf(own);
          // Beside others that are refused it is sent again at once.
          attempt.collided = reason === 'newer' || (isRefused && own === undefined);
          // What comes after it was given up nobody hears.
          attempt.refusedForGood = !signal.aborted && reason !== undefined && storeReasons[reason].class !== 'transient' && !refusalsInDoubt.includes(reason);
        }
        this.#pass(() => {
          if (error === undefined) resolve(refusals);
          else reject(error);
        });
      };
      this.#send({
        attempts, file,
        answer: (error) => settle(error),
        refuse: (refusals) => settle(undefined, refusals),
        land: (values, obeysSignal) => {
          if (obeysSignal && signal.aborted) return new StoreError('io', 'The attempt was given up.');
          if (obeysSignal && this.#backend.isSaving(file)) return beingSaved();
          if (this.#backend.files.get(file)!.broken) return new StoreError('invalid-file', 'The file is broken.');
          const isOther = ({ expected }: Change, index: number): boolean => expected !== undefined && !same(this.#backend.value(attempts[index]!.slot), expected.value);
          if (changes.some(isOther)) return new StoreError('newer', 'Changed meanwhile.');
          this.#backend.change(file, values.flatMap((stored, index) => {
            const by = attempts[index]!;
            return stored === undefined ? [] : [{ name: by.slot.slice(file.length + 1), value: stored.value, by, corrupt: !same(stored.value, by.value) }];
          }));
          const heldBack = this.#heldBack;
          this.#heldBack = undefined;
          heldBack?.();
          return undefined;
        },
      });
    });
  }

  #send({ attempts, file, land, answer, refuse }: Saving): void {
    const values = attempts.map(({ value }) => ({ value }));
    const after = (delay: number, work: () => void): void => void this.#backend.clock.setTimeout(work, delay);
    const lie = (those: readonly Attempt[]): void => those.forEach((attempt) => (attempt.lied = true));
    const oneOf = <T>(from: readonly T[]): number => (from.length === 1 ? 0 : this.#backend.below(from.length));
    const lasting = this.failing.get('write');
    if (lasting !== undefined) return answer(this.#strike('fail write', lasting));
    if (this.hanging.has('write')) return this.onFault('hang write');
    const fault = this.writeFaults.shift();
    if (fault !== undefined) this.onFault(attempts.length > 1 ? `${fault.kind}, of several` : fault.kind);
    switch (fault?.kind) {
      case undefined:
        return this.#whenStill(file, () => this.#soon(() => this.#gate.pass(() => {
          // What a process has handed over before its end arrives; this it never has.
          if (!this.#dead && this.#isDead()) return attempts.forEach((attempt) => (attempt.answer = 'refused'));
          const error = land(values, true);
          this.#isDead();
          this.#soon(() => answer(error));
        })));
      case 'fail':
        return answer(new StoreError(fault.reason, 'Injected.'));
      case refusalFault: {
        if (attempts.length === 1) return answer(new StoreError(fault.reason, 'Injected.'));
        const one = oneOf(attempts);
        const refused = attempts.map((_attempt, index) => index).filter((index) => index === one || this.#backend.below(4) === 0);
        return refuse(refused.map((index) => ({ index, error: new StoreError(fault.reason, 'Injected, for this one alone.') })));
      }
      case 'throw':
        return answer(new TypeError('Injected, and not of this house.'));
      case unreadableFault:
        return answer(unreadable());
      case 'hang':
        return undefined;
      case 'lag':
        return after(fault.delay, () => {
          const error = land(values, false);
          after(fault.answer, () => answer(error));
        });
      case 'land late':
        lie(attempts);
        answer(new StoreError('unknown', 'Injected: refused, and landing late.'));
        return after(fault.delay, () => void land(values, false));
      case 'hang and land':
        return after(fault.delay, () => void land(values, false));
      case 'reorder': {
        let isBack = false;
        const comeBack = (): void => {
          if (isBack) return;
          isBack = true;
          answer(land(values, false));
        };
        this.#heldBack = comeBack;
        return after(10_000, comeBack);
      }
      case 'lose': {
        if (attempts.length === 1 || this.#backend.below(3) === 0) {
          lie(attempts);
          return answer();
        }
        const lost = oneOf(attempts);
        lie([attempts[lost]!]);
        return answer(land(values.map((value, index) => (index === lost ? undefined : value)), true));
      }
      case 'corrupt': {
        const one = oneOf(attempts);
        const attempt = attempts[one]!;
        attempt.lied = true;
        const key = attempt.slot.replace(/^.*[#\]]/, '') as Key;
        return answer(land(values.map((value, index) => (index === one ? { value: ownValue(key, fault.number) } : value)), true));
      }
    }
  }

  /** A step of a write begins: it may be the one before which the process dies. */
  #isDead(): boolean {
    if (!this.#dead && --this.dieIn <= 0) this.onDeath();
    return this.#dead;
  }

  /** What a process hears: nothing when it is gone, later when it is paused. */
  #pass(work: () => void): void {
    this.#gate.pass(() => {
      if (!this.#dead) work();
    });
  }

  async #operation(operation: Exclude<FaultyOperation, 'read' | 'write'>): Promise<void> {
    if (operation === 'readBack' ? this.#isDead() : this.#dead) return never();
    const reason = this.failing.get(operation);
    if (reason !== undefined) throw this.#strike(`fail ${operation}`, reason);
    if (this.hanging.has(operation)) {
      this.onFault(`hang ${operation}`);
      return never();
    }
    await new Promise<void>((resolve) => this.#soon(() => this.#pass(resolve)));
    return this.#dead ? never() : undefined;
  }

  /** @throws StoreError another program is saving the file, and has been for longer than one waits for that */
  async #untilStill(file: string): Promise<void> {
    await new Promise<void>((resolve) => this.#whenStill(file, () => this.#pass(resolve)));
    if (this.#dead) return never();
    if (this.#backend.isSaving(file)) throw beingSaved();
  }

  /** The look after a write was refused, as another program is saving the file: it is written again in the same attempt. */
  #noteCollision(slots: readonly string[], error: unknown): never {
    for (const slot of slots) {
      const last = this.#backend.attemptsAt(this.life, slot).at(-1);
      if (last !== undefined) last.collided = true;
    }
    throw error;
  }

  /** At once, unless another program is saving the file: then when it has, or after `settlingTime`. */
  #whenStill(file: string, work: () => void): void {
    if (!this.#backend.isSaving(file)) return work();
    let waits = true;
    const end = (): void => {
      if (!waits) return;
      waits = false;
      work();
    };
    this.#backend.onceSaved(file, end);
    this.#backend.clock.setTimeout(end, settlingTime);
  }

  #strike(kind: string, reason: StoreReason): StoreError {
    this.onFault(kind);
    return new StoreError(reason, `Injected: ${reason}.`);
  }

  /** At once, or within the store's pace. */
  #soon(work: () => void): void {
    const delay = this.#backend.below(this.#pace.latency + 1);
    if (delay === 0) queueMicrotask(work);
    else this.#backend.clock.setTimeout(work, delay);
  }

  readonly #notice = (file: string, by: Attempt | undefined): void => {
    // What a window has stored itself it sees at once, unless it has heard nothing of it.
    const own = by?.life === this.life && (by.answer === undefined || by.signal.aborted);
    const lag = own ? 0 : this.#backend.below(this.#pace.viewLag + 1);
    const look = (): void => this.#pass(() => this.#look(file));
    if (lag === 0) look();
    else this.#backend.clock.setTimeout(look, lag);
  };

  #look(file: string): void {
    if (this.#dead) return;
    this.#see(file);
    this.nudge();
  }

  #lookAtAll(): void {
    for (const file of fileNames) this.#see(file);
  }

  /** What it says while another program is saving it is not believed. */
  #see(file: string): void {
    if (this.#backend.isSaving(file)) return void (this.#view.has(file) || this.#view.set(file, beingSaved()));
    const { broken, values } = this.#backend.files.get(file)!;
    this.#view.set(file, broken ? new StoreError('invalid-file', 'The file is broken.') : new Map(values));
  }
}
