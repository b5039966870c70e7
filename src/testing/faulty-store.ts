import type { Clock } from '../clock.ts';
import { StoreError, type StoreReason } from '../errors.ts';
import type { Change, Disposable, RawSetting, Refusal, Scope, Store, Target, WriteOptions, WriteRequest } from '../store/store.ts';

/** What goes wrong with one write, or with a commit of several values. */
export type WriteFault =
  /** Refused, nothing is stored. */
  | { readonly kind: 'fail'; readonly reason: StoreReason }
  /** As `fail`. Of a commit, this change alone is refused: it is named, and nothing of the commit is stored. */
  | { readonly kind: 'refuse'; readonly reason: StoreReason }
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

type CommitOptions = Pick<WriteOptions, 'signal'>;

interface Struck {
  /** Each with its index in the commit. */
  readonly stored: readonly { readonly index: number; readonly change: Change }[];
  readonly refusals: readonly Refusal[];
  /** Strikes the commit as a whole. */
  readonly fault: WriteFault | undefined;
}

/** A fault of one change, which leaves the others of a commit alone. */
const isOfOneChange = (fault: WriteFault | undefined): boolean => fault === undefined || ['refuse', 'lose', 'corrupt'].includes(fault.kind);

/** Faults that last until they are healed, to be chosen by name. */
export const injectableFaults = ['fail', 'hang', 'lag', 'land late'] as const;
export type InjectableFault = (typeof injectableFaults)[number];

export type StoreOperation = 'load' | 'read' | 'write' | 'readBack' | 'probe';

/**
 * A store that fails on demand: around any other, on an injected clock.
 *
 * Each change of a commit takes its own fault from `writeFaults`, up to the first that stops the whole commit: `lose` and
 * `corrupt` strike this change alone, `refuse` names it, and the others fail, hang or delay the commit as a whole.
 */
export class FaultyStore implements Store {
  readonly name: string;
  readonly inner: Store;
  /** The faults of the next writes, in order; `undefined` lets one through. */
  readonly writeFaults: (WriteFault | undefined)[] = [];
  /** How often each operation was called; a commit is one `write`, and `readBackAll` one `readBack`. */
  readonly calls: Record<StoreOperation, number> = { load: 0, read: 0, write: 0, readBack: 0, probe: 0 };
  /** Every value that was to be stored, in order, whether by `write` or with others by `commit`. */
  readonly asked: WriteRequest[] = [];
  readonly injectable = injectableFaults;
  readonly #clock: Clock;
  #injected: InjectableFault | undefined;
  readonly #failing = new Map<StoreOperation, () => unknown>();
  readonly #hanging = new Set<StoreOperation>();

  /** Where the inner store has one. */
  lock?: NonNullable<Store['lock']>;
  /** Where the inner store has them. */
  lockProblem?: NonNullable<Store['lockProblem']>;
  canCommit?: NonNullable<Store['canCommit']>;
  commit?: NonNullable<Store['commit']>;
  readBackAll?: NonNullable<Store['readBackAll']>;

  constructor(inner: Store, clock: Clock) {
    if (inner.lock !== undefined) this.lock = (request, signal) => inner.lock!(request, signal);
    if (inner.lockProblem !== undefined) this.lockProblem = () => inner.lockProblem!();
    if (inner.canCommit !== undefined) this.canCommit = (place) => inner.canCommit!(place);
    if (inner.commit !== undefined) {
      this.commit = (changes, options) => {
        this.asked.push(...changes.map(({ expected: _, ...request }) => request));
        return this.#faulty('write', () => this.#commit(changes, options));
      };
    }
    if (inner.readBackAll !== undefined) this.readBackAll = (places) => this.#faulty('readBack', () => inner.readBackAll!(places));
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
    if (fault?.kind === 'lose') return Promise.resolve();
    const stored = fault?.kind === 'corrupt' ? { ...request, value: fault.value } : request;
    return this.#save(fault, options, (those) => this.inner.write(stored, those));
  }

  #commit(changes: readonly Change[], options: CommitOptions): Promise<readonly Refusal[]> {
    const { stored, refusals, fault } = this.#struck(changes);
    if (refusals.length > 0) return Promise.resolve(refusals);
    const save = async (those: CommitOptions): Promise<readonly Refusal[]> => {
      const refused = await this.inner.commit!(stored.map(({ change }) => change), those);
      return refused.map(({ index, error }) => ({ index: stored[index]!.index, error }));
    };
    return this.#save(fault, options, save);
  }

  /** What the next faults make of a commit: what is stored of it, what is refused of it, and what becomes of it as a whole. */
  #struck(changes: readonly Change[]): Struck {
    const stored: { readonly index: number; readonly change: Change }[] = [];
    const refusals: Refusal[] = [];
    let whole: WriteFault | undefined;
    for (const [index, change] of changes.entries()) {
      const fault = whole === undefined ? this.writeFaults[0] ?? this.#lasting() : undefined;
      if (whole === undefined && !isOfOneChange(fault) && refusals.length > 0) break;
      if (whole === undefined) this.writeFaults.shift();
      if (fault?.kind === 'refuse') refusals.push({ index, error: refused(fault.reason) });
      else if (fault?.kind !== 'lose') stored.push({ index, change: fault?.kind === 'corrupt' ? { ...change, value: fault.value } : change });
      if (!isOfOneChange(fault)) whole = fault;
    }
    return { stored, refusals, fault: whole };
  }

  /** One save, with what a fault makes of it. */
  #save<T, Options extends CommitOptions>(fault: WriteFault | undefined, options: Options, save: (options: Options) => Promise<T>): Promise<T> {
    // What lands late does so whatever has become of its attempt.
    const landAfter = (delay: number): Promise<T> => new Promise((resolve, reject) => {
      this.#clock.setTimeout(() => void save({ ...options, signal: new AbortController().signal }).then(resolve, reject), delay);
    });
    switch (fault?.kind) {
      case 'fail':
      case 'refuse':
        return Promise.reject(refused(fault.reason));
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
      default:
        return save(options);
    }
  }
}

const refused = (reason: StoreReason): StoreError => new StoreError(reason, `Injected: ${reason}.`);

/** Nothing is wrong but that somebody has said so. */
function injected(reason: StoreReason, message = `Injected: ${reason}.`): StoreError {
  return new StoreError(reason, message, { userAction: 'Take the injected fault back.', context: { injected: true } });
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
