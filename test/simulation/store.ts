import { StoreError, storeReasons, type StoreReason } from '../../src/errors.ts';
import { settlingTime, targets, type Disposable, type Layer, type RawSetting, type Scope, type Store, type Target, type WriteOptions, type WriteRequest } from '../../src/store/store.ts';
import { fileNames, fileOfTarget, nameIn, slotOf, type Attempt, type Backend } from './backend.ts';
import { mergedLayers, ownValue, same, unreadable, type Key } from './settings.ts';

/** What goes wrong with one write. Times in milliseconds. */
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
  /** Said to be stored, and is not. */
  | { readonly kind: 'lose' }
  /** Said to be stored, and another value is. */
  | { readonly kind: 'corrupt'; readonly number: number }
  /** Refused with a value that throws when it is looked at. */
  | { readonly kind: typeof unreadableFault };
export const writeFaultKinds = ['fail', 'throw', 'hang', 'lag', 'land late', 'hang and land', 'reorder', 'lose', 'corrupt'] as const satisfies readonly WriteFault['kind'][];

/** One of the later kinds: see steps.ts. */
export const unreadableFault = 'throw what throws';

export const faultyOperations = ['load', 'read', 'write', 'readBack', 'probe'] as const;
export type FaultyOperation = (typeof faultyOperations)[number];

/** How quick a store is, in milliseconds. */
export interface Pace {
  /** The longest an operation takes when nothing is wrong. */
  readonly latency: number;
  /** The longest until a change of a file is noticed. */
  readonly viewLag: number;
}

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
  readonly #backend: Backend;
  readonly #pace: Pace;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  /** What this window knows of each file. */
  readonly #view = new Map<string, ReadonlyMap<string, unknown> | StoreError>();
  #heldBack: (() => void) | undefined;
  #dead = false;

  constructor(backend: Backend, life: number, pace: Pace) {
    this.#backend = backend;
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
      for (const target of targets) {
        if (target === 'folder' && scope.resource === undefined) continue;
        const known = this.#view.get(fileOfTarget(target))!;
        if (known instanceof StoreError) throw known;
        const name = nameIn(key, languageId);
        if (known.has(name)) layers.set(languageId === undefined ? target : `${target}-language`, known.get(name));
      }
    }
    return { effective: mergedLayers([...layers.values()]), layers };
  }

  write(request: WriteRequest, { signal, expected }: WriteOptions): Promise<void> {
    if (this.#dead) return never();
    const { target, scope, key, value } = request;
    const file = this.fileOf(target, scope);
    const name = nameIn(key, scope.languageId);
    const attempt: Attempt = {
      number: this.#backend.attempts.length, life: this.life, file, slot: slotOf(file, name), value, begun: this.#backend.moment(), signal, isSwap: expected !== undefined,
    };
    this.#backend.attempts.push(attempt);
    this.onWrite(attempt, request);
    return new Promise((resolve, reject) => {
      const answer = (error?: unknown): void => {
        if (attempt.answer !== undefined) return;
        attempt.answer = error === undefined ? 'stored' : 'refused';
        const reason = reasonOf(error);
        attempt.collided = reason === 'newer';
        // What comes after it was given up nobody hears.
        attempt.refusedForGood = !signal.aborted && reason !== undefined && storeReasons[reason].class !== 'transient' && !refusalsInDoubt.includes(reason);
        if (this.#dead) return;
        if (error === undefined) resolve();
        else reject(error);
      };
      /** What the disk says: nothing, when it is stored. */
      const land = (stored: unknown, obeysSignal: boolean): StoreError | undefined => {
        if (obeysSignal && signal.aborted) return new StoreError('io', 'The attempt was given up.');
        if (obeysSignal && this.#backend.isSaving(file)) return beingSaved();
        if (this.#backend.files.get(file)!.broken) return new StoreError('invalid-file', 'The file is broken.');
        if (expected !== undefined && !same(this.#backend.value(attempt.slot), expected.value)) return new StoreError('newer', 'Changed meanwhile.');
        this.#backend.change(file, name, stored, attempt, !same(stored, value));
        const heldBack = this.#heldBack;
        this.#heldBack = undefined;
        heldBack?.();
        return undefined;
      };
      this.#send(attempt, answer, land);
    });
  }

  async readBack({ key, target, scope }: Omit<WriteRequest, 'value'>): Promise<unknown> {
    await this.#operation('readBack');
    const name = this.fileOf(target, scope);
    if (this.#backend.isSaving(name)) await this.#untilStill(name).catch((error: unknown) => this.#noteCollision(slotOf(name, nameIn(key, scope.languageId)), error));
    const file = this.#backend.files.get(name)!;
    if (file.broken) throw new StoreError('invalid-file', 'The file is broken.');
    return file.values.get(nameIn(key, scope.languageId));
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

  #send(attempt: Attempt, answer: (error?: unknown) => void, land: (stored: unknown, obeysSignal: boolean) => StoreError | undefined): void {
    const { value } = attempt;
    const after = (delay: number, work: () => void): void => void this.#backend.clock.setTimeout(work, delay);
    const lasting = this.failing.get('write');
    if (lasting !== undefined) return answer(this.#strike('fail write', lasting));
    if (this.hanging.has('write')) return this.onFault('hang write');
    const fault = this.writeFaults.shift();
    if (fault !== undefined) this.onFault(fault.kind);
    switch (fault?.kind) {
      case undefined:
        return this.#whenStill(attempt.file, () => this.#soon(() => {
          const error = land(value, true);
          this.#soon(() => answer(error));
        }));
      case 'fail':
        return answer(new StoreError(fault.reason, 'Injected.'));
      case 'throw':
        return answer(new TypeError('Injected, and not of this house.'));
      case unreadableFault:
        return answer(unreadable());
      case 'hang':
        return undefined;
      case 'lag':
        return after(fault.delay, () => {
          const error = land(value, false);
          after(fault.answer, () => answer(error));
        });
      case 'land late':
        attempt.lied = true;
        answer(new StoreError('unknown', 'Injected: refused, and landing late.'));
        return after(fault.delay, () => void land(value, false));
      case 'hang and land':
        return after(fault.delay, () => void land(value, false));
      case 'reorder': {
        let isBack = false;
        const comeBack = (): void => {
          if (isBack) return;
          isBack = true;
          answer(land(value, false));
        };
        this.#heldBack = comeBack;
        return after(10_000, comeBack);
      }
      case 'lose':
        attempt.lied = true;
        return answer();
      case 'corrupt': {
        attempt.lied = true;
        const key = attempt.slot.replace(/^.*[#\]]/, '') as Key;
        return answer(land(ownValue(key, fault.number), true));
      }
    }
  }

  async #operation(operation: Exclude<FaultyOperation, 'read' | 'write'>): Promise<void> {
    if (this.#dead) return never();
    const reason = this.failing.get(operation);
    if (reason !== undefined) throw this.#strike(`fail ${operation}`, reason);
    if (this.hanging.has(operation)) {
      this.onFault(`hang ${operation}`);
      return never();
    }
    await new Promise<void>((resolve) => this.#soon(resolve));
    return this.#dead ? never() : undefined;
  }

  /** @throws StoreError another program is saving the file, and has been for longer than one waits for that */
  async #untilStill(file: string): Promise<void> {
    await new Promise<void>((resolve) => this.#whenStill(file, resolve));
    if (this.#dead) return never();
    if (this.#backend.isSaving(file)) throw beingSaved();
  }

  /** The look after a write was refused, as another program is saving the file: it is written again in the same attempt. */
  #noteCollision(slot: string, error: unknown): never {
    const last = this.#backend.attempts.findLast((attempt) => attempt.life === this.life && attempt.slot === slot);
    if (last !== undefined) last.collided = true;
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
    if (lag === 0) this.#look(file);
    else this.#backend.clock.setTimeout(() => this.#look(file), lag);
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
