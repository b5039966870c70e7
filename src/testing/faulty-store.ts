import type { Clock } from '../clock.ts';
import { StoreError, type StoreReason } from '../errors.ts';
import type { Disposable, RawSetting, Scope, Store, Target, WriteOptions, WriteRequest } from '../store/store.ts';

/** What goes wrong with one write. */
export type WriteFault =
  /** Refused, nothing is stored. */
  | { readonly kind: 'fail'; readonly reason: StoreReason }
  /** Refused with an error of any kind, nothing is stored. */
  | { readonly kind: 'throw'; readonly error: unknown }
  /** Never answered, never stored. */
  | { readonly kind: 'hang' }
  /** Stored and answered after `delay` milliseconds, whether the attempt is given up or not. */
  | { readonly kind: 'lag'; readonly delay: number }
  /** Refused at once, and stored all the same after `delay` milliseconds. */
  | { readonly kind: 'land-late'; readonly delay: number }
  /** Never answered, and stored after `delay` milliseconds. */
  | { readonly kind: 'hang-and-land'; readonly delay: number }
  /** Said to be stored, and is not. */
  | { readonly kind: 'lose' }
  /** Said to be stored, and another value is. */
  | { readonly kind: 'corrupt'; readonly value: unknown };

/** Faults that last until they are healed, to be chosen by name. */
export const injectableFaults = ['fail', 'hang', 'lag', 'land late'] as const;
export type InjectableFault = (typeof injectableFaults)[number];

export type StoreOperation = 'load' | 'read' | 'write' | 'readBack' | 'probe';

/** A store that fails on demand: around any other, on an injected clock. */
export class FaultyStore implements Store {
  readonly name: string;
  readonly inner: Store;
  /** The faults of the next writes, in order; `undefined` lets one through. */
  readonly writeFaults: (WriteFault | undefined)[] = [];
  /** How often each operation was called. */
  readonly calls: Record<StoreOperation, number> = { load: 0, read: 0, write: 0, readBack: 0, probe: 0 };
  /** Every write that was asked for, in order. */
  readonly asked: WriteRequest[] = [];
  readonly injectable = injectableFaults;
  readonly #clock: Clock;
  #injected: InjectableFault | undefined;
  readonly #failing = new Map<StoreOperation, () => unknown>();
  readonly #hanging = new Set<StoreOperation>();

  /** Where the inner store has one. */
  lock?: NonNullable<Store['lock']>;

  constructor(inner: Store, clock: Clock) {
    if (inner.lock !== undefined) this.lock = (request, signal) => inner.lock!(request, signal);
    this.inner = inner;
    this.name = inner.name;
    this.#clock = clock;
  }

  /** From now on writes and probes are refused, until `heal`. */
  outage(reason: StoreReason = 'io'): void {
    this.#refuse(() => new StoreError(reason, `Injected: ${reason}.`));
  }

  #refuse(error: () => StoreError): void {
    this.#failing.set('write', error);
    this.#failing.set('probe', error);
  }

  /** The fault that was injected by name and lasts. */
  get injected(): InjectableFault | undefined {
    return this.#injected;
  }

  /**
   * From now on every write fails so, until `heal`; what fails or hangs cannot be probed either. `fail` fails for good,
   * without further attempts, so that a breaker opens within a second. The errors say that they are injected: by
   * `context.injected`, for programs, and by what can be done about it.
   */
  inject(fault: string): void {
    if (!injectableFaults.includes(fault as InjectableFault)) throw new RangeError(`"${fault}" is not one of ${injectableFaults.join(', ')}.`);
    this.heal();
    this.#injected = fault as InjectableFault;
    if (fault === 'fail') this.#refuse(() => injected('no-space'));
    if (fault === 'hang') this.failing('probe', () => injected('io'));
  }

  /** From now on an operation throws, until `heal`. */
  failing(operation: StoreOperation, error: () => unknown = () => new StoreError('io', 'Injected: io.')): void {
    this.#failing.set(operation, error);
  }

  /** From now on an operation is never answered, until `heal`. `read` cannot hang: it is synchronous. */
  hanging(operation: Exclude<StoreOperation, 'read'>): void {
    this.#hanging.add(operation);
  }

  /** Everything works again. What hangs goes on hanging. */
  heal(): void {
    this.#failing.clear();
    this.#hanging.clear();
    this.#injected = undefined;
    this.writeFaults.length = 0;
  }

  load(): Promise<void> {
    return this.#faulty('load', () => this.inner.load());
  }

  read(key: string, scope: Scope): RawSetting {
    this.calls.read++;
    const error = this.#failing.get('read');
    if (error !== undefined) throw error();
    return this.inner.read(key, scope);
  }

  write(request: WriteRequest, options: WriteOptions): Promise<void> {
    this.asked.push(request);
    return this.#faulty('write', () => this.#write(request, options, this.writeFaults.shift() ?? this.#lasting()));
  }

  readBack(request: Omit<WriteRequest, 'value'>): Promise<unknown> {
    return this.#faulty('readBack', () => this.inner.readBack(request));
  }

  probe(target: Target, scope: Scope, key?: string): Promise<void> {
    return this.#faulty('probe', () => this.inner.probe(target, scope, key));
  }

  fileOf(target: Target, scope: Scope, key?: string): string {
    return this.inner.fileOf(target, scope, key);
  }

  settingsScope(scope: Scope): Scope {
    return this.inner.settingsScope?.(scope) ?? scope;
  }

  scopes(key: string): readonly Scope[] {
    return this.inner.scopes?.(key) ?? [];
  }

  defaultTarget(key: string, scope: Scope): Target {
    return this.inner.defaultTarget(key, scope);
  }

  trusted(): boolean {
    return this.inner.trusted();
  }

  onDidChange(listener: (keys?: readonly string[]) => void): Disposable {
    return this.inner.onDidChange(listener);
  }

  dispose(): void {
    this.inner.dispose();
  }

  #lasting(): WriteFault | undefined {
    switch (this.#injected) {
      case 'hang': return { kind: 'hang' };
      case 'lag': return { kind: 'lag', delay: 2_000 };
      case 'land late': return { kind: 'land-late', delay: 3_000 };
      default: return undefined;
    }
  }

  #faulty<T>(operation: Exclude<StoreOperation, 'read'>, work: () => Promise<T>): Promise<T> {
    this.calls[operation]++;
    const error = this.#failing.get(operation);
    if (error !== undefined) return Promise.reject(error());
    if (this.#hanging.has(operation)) return never();
    return work();
  }

  #write(request: WriteRequest, options: WriteOptions, fault: WriteFault | undefined): Promise<void> {
    // What lands late does so whatever has become of its attempt.
    const late = { ...options, signal: new AbortController().signal };
    const landAfter = (delay: number): Promise<void> => new Promise((resolve, reject) => {
      this.#clock.setTimeout(() => void this.inner.write(request, late).then(resolve, reject), delay);
    });
    switch (fault?.kind) {
      case undefined:
        return this.inner.write(request, options);
      case 'fail':
        return Promise.reject(new StoreError(fault.reason, `Injected: ${fault.reason}.`));
      case 'throw':
        return Promise.reject(fault.error);
      case 'hang':
        return never();
      case 'lag':
        return landAfter(fault.delay);
      case 'land-late':
        void landAfter(fault.delay).catch(() => undefined);
        return Promise.reject(injected('unknown', 'Injected: refused, and landing late.'));
      case 'hang-and-land':
        void landAfter(fault.delay).catch(() => undefined);
        return never();
      case 'lose':
        return Promise.resolve();
      case 'corrupt':
        return this.inner.write({ ...request, value: fault.value }, options);
    }
  }
}

/** Nothing is wrong but that somebody has said so. */
function injected(reason: StoreReason, message = `Injected: ${reason}.`): StoreError {
  return new StoreError(reason, message, { userAction: 'Take the injected fault back.', context: { injected: true } });
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
