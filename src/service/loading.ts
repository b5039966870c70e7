import { lifecycleDefaults, type LifecycleEvent } from '../../machines/config-lifecycle.ts';
import { StoreError } from '../errors.ts';
import type { Scope, Target } from '../store/store.ts';
import { Changes } from './changes.ts';
import { mementoWarning, type ServiceContext } from './context.ts';
import { Persisted } from './persisted.ts';
import { Snapshot, type SettingChange } from './snapshot.ts';

/** Tells the lifecycle's actor; does nothing while there is none. */
type TellLifecycle = (event: LifecycleEvent) => void;

/** Keeps the snapshot as the store is, tells of what changes, and keeps the last good values across restarts. */
export class Loading {
  readonly snapshot: Snapshot;
  readonly changes: Changes;
  readonly #context: ServiceContext;
  readonly #tellLifecycle: TellLifecycle;
  readonly #lastGood: Persisted<Record<string, unknown>>;
  /** How often a setting is held: a transaction is writing it, and readers see all of that or nothing. */
  readonly #held = new Map<string, number>();
  /** Those who wait for the load under way, and for the one after it. */
  #awaited: (() => void)[] = [];
  #awaitedNext: (() => void)[] = [];
  #loading = false;
  #again = false;
  #closed = false;

  constructor(context: ServiceContext, tellLifecycle: TellLifecycle) {
    this.#context = context;
    this.#tellLifecycle = tellLifecycle;
    this.#lastGood = new Persisted(context.memento, `holdfast.${context.definition.section}.lastGood`, mementoWarning(context));
    this.snapshot = new Snapshot(context.definition, context.store, this.#restoreLastGood(), this.#held);
    this.changes = new Changes(
      (key, scope) => this.snapshot.get(key, scope),
      (error) => context.warn('A listener of a setting threw.', error),
    );
  }

  /** Begins to read the store, for the lifecycle. Loads that are asked for while one is under way are one load after it. */
  load(): void {
    if (this.#loading) this.#again = true;
    else void this.#load();
  }

  /** Resolves when a load that begins after this call has ended, well or not. */
  async reload(): Promise<void> {
    if (this.#closed) return;
    const ended = new Promise<void>((resolve) => void this.#awaitedNext.push(resolve));
    this.#tellLifecycle({ type: 'RELOAD' });
    // The one under way, and the one after it. Without a lifecycle nothing is loaded.
    await this.#context.patience.within(2 * this.#limit, () => ended);
  }

  /**
   * Takes over what the store holds now, and tells of what has changed.
   * @param only the one setting that has changed, if that is known
   */
  refresh(only?: string): void {
    if (this.#closed) return;
    const { emit } = this.#context;
    const before = this.snapshot.issues;
    let changes: SettingChange[];
    try {
      changes = this.snapshot.refresh(only);
    } catch (error) {
      this.#onFailure(error);
      return;
    }
    const { issues } = this.snapshot;
    this.#tellLifecycle({ type: 'LOADED', invalid: issues.length });
    for (const issue of issues) {
      if (!before.some(({ key, problem }) => key === issue.key && problem === issue.problem)) emit({ type: 'invalid', issue });
    }
    for (const { key } of before) {
      if (!issues.some((issue) => issue.key === key)) emit({ type: 'mended', key });
    }
    emit({ type: 'loaded', changed: changes.map(({ key }) => key), issues });
    if (changes.length > 0) this.#saveLastGood();
    this.changes.notify();
  }

  /** Readers see these settings as they are now, until the function it returns is called. */
  hold(keys: readonly string[]): () => void {
    for (const key of keys) this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    return () => {
      for (const key of keys) {
        const others = this.#held.get(key)! - 1;
        if (others > 0) this.#held.set(key, others);
        else this.#held.delete(key);
      }
      this.refresh();
    };
  }

  /** What keeps a value that is stored at a target from being served, if anything (P29). */
  shadow(key: string, target: Target, scope: Scope, stored: { readonly value: unknown } | undefined): string | undefined {
    return this.snapshot.shadow(key, target, scope, stored) ?? (this.#held.has(key) ? 'transaction' : undefined);
  }

  close(): void {
    this.#closed = true;
    this.changes.close();
  }

  /** Resolves when the last good values have been handed over. */
  settled(): Promise<void> {
    return this.#lastGood.settled();
  }

  get #limit(): number {
    return this.#context.options.lifecycle?.loadLimit ?? lifecycleDefaults.loadLimit;
  }

  async #load(): Promise<void> {
    this.#loading = true;
    this.#again = false;
    this.#awaited = this.#awaitedNext;
    this.#awaitedNext = [];
    const { store, patience } = this.#context;
    let late = false;
    try {
      const { timedOut } = await patience.within(this.#limit, () => {
        const loaded = Promise.resolve(store.load());
        loaded.then(() => {
          // Better late than never.
          if (late) this.refresh();
        }, () => undefined);
        return loaded;
      });
      if (timedOut) throw new StoreError('not-ready', 'The store did not answer in time.');
      this.refresh();
    } catch (error) {
      late = true;
      if (!this.#closed) this.#onFailure(error);
    }
    this.#loading = false;
    for (const resolve of this.#awaited) resolve();
    // Unless it is over by now: the lifecycle knows.
    if (this.#again) this.#tellLifecycle({ type: 'RELOAD' });
  }

  #onFailure(error: unknown): void {
    this.snapshot.freeze();
    this.#tellLifecycle({ type: 'LOAD_FAILED', failure: error instanceof Error ? error.message : String(error) });
    this.#context.emit({ type: 'load-failed', error });
  }

  #restoreLastGood(): Record<string, unknown> {
    const { definition } = this.#context;
    const stored = this.#lastGood.load();
    if (typeof stored !== 'object' || stored === null) return {};
    const trusted = this.#isTrusted();
    const good: Record<string, unknown> = {};
    for (const key of definition.keys) {
      // It may have come from the workspace, when that was trusted (P52).
      const forbidden = !trusted && definition.declarations[key]?.restricted === true;
      if (forbidden || definition.isSecret(key) || !Object.hasOwn(stored, key)) continue;
      const checked = definition.check(key, (stored as Record<string, unknown>)[key]);
      if (checked.ok) good[key] = checked.value;
    }
    return good;
  }

  #saveLastGood(): void {
    const { definition } = this.#context;
    const keys = definition.keys.filter((key) => !definition.isSecret(key));
    this.#lastGood.save(Object.fromEntries(keys.map((key) => [key, this.snapshot.get(key)])));
  }

  #isTrusted(): boolean {
    try {
      return this.#context.store.trusted();
    } catch {
      return false;
    }
  }
}
