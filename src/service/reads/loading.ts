import { lifecycleDefaults, type LifecycleEvent } from '../../../machines/config-lifecycle.ts';
import { StoreError } from '../../errors.ts';
import { sameData } from '../../settings/plain-data.ts';
import type { Scope, Target } from '../../store/store.ts';
import { Changes } from './changes.ts';
import { persisted, type ServiceContext } from '../context.ts';
import type { Persisted } from '../persisted.ts';
import { toScope } from '../writes/requests.ts';
import { Snapshot, type KeptValues, type SettingChange, type SettingIssue } from './snapshot.ts';

/** Tells the lifecycle's actor; does nothing while there is none. */
type TellLifecycle = (event: LifecycleEvent) => void;

/** Keeps the snapshot as the store is, tells of what changes, and keeps the last good values across restarts. */
export class Loading {
  readonly snapshot: Snapshot;
  readonly changes: Changes;
  readonly #context: ServiceContext;
  readonly #tellLifecycle: TellLifecycle;
  readonly #lastGood: Persisted<Record<string, unknown>>;
  /** Those of folders and languages that are others than the window's. */
  readonly #scopedLastGood: Persisted<readonly KeptValues[]>;
  /** The issues that were told last. */
  #told: readonly SettingIssue[] = [];
  /** The settings that the next load reads. Absent: all. */
  #toRead: Set<string> | undefined;
  /** By the key of an earlier version: the settings that honour it. */
  readonly #successors = new Map<string, string[]>();
  /** How often a setting is held: a transaction is writing it, and readers see all of that or nothing. */
  readonly #held = new Map<string, number>();
  /** The load under way, and the one after it, by those who wait for them. */
  #underWay: (() => void)[] | undefined;
  #next: (() => void)[] | undefined;

  constructor(context: ServiceContext, tellLifecycle: TellLifecycle) {
    this.#context = context;
    this.#tellLifecycle = tellLifecycle;
    this.#lastGood = persisted(context, 'lastGood');
    this.#scopedLastGood = persisted(context, 'scopedLastGood');
    this.snapshot = new Snapshot(context.definition, context.store, this.#restoreLastGood(), this.#held, () => this.#onScopedNews());
    for (const [key, { formerly = [] }] of Object.entries(context.definition.declarations)) {
      for (const { key: former = key } of formerly) {
        if (former !== key) this.#successors.set(former, [...this.#successors.get(former) ?? [], key]);
      }
    }
    this.changes = new Changes(
      (key, scope) => this.snapshot.get(key, scope),
      (error) => context.warn('A listener of a setting threw.', error),
    );
  }

  /**
   * The store says that settings may have other values. What it can be read for is served at once: also a read within the
   * event of which the store has heard gives the new value. The load that follows looks at the files.
   *
   * @param keys default: all
   */
  noteChange(keys: readonly string[] | undefined): void {
    const named = this.#today(keys ?? this.#context.definition.keys);
    this.#toRead = new Set([...this.#toRead ?? [], ...named]);
    // One that cannot be read, or not any more, is the load's affair.
    if (this.snapshot.isLive && named.length > 0) this.#takeOver(named);
  }

  /** The settings that the values under these keys belong to. */
  #today(keys: readonly string[]): readonly string[] {
    return this.#successors.size === 0 ? keys : [...new Set(keys.flatMap((key) => this.#successors.get(key) ?? [key]))];
  }

  /** Begins to read the store, for the lifecycle. Loads that are asked for while one is under way are one load after it. */
  load(): void {
    if (this.#underWay === undefined) void this.#load();
    else this.#next ??= [];
  }

  /** Resolves when a load that begins after this call has ended, well or not. */
  async reload(): Promise<void> {
    if (this.changes.isClosed) return;
    this.#toRead = new Set(this.#context.definition.keys);
    const ended = new Promise<void>((resolve) => void (this.#next ??= []).push(resolve));
    this.#tellLifecycle({ type: 'RELOAD' });
    // The one under way, and the one after it. Without a lifecycle nothing is loaded.
    await this.#context.patience.within(2 * this.#limit, () => ended);
  }

  /**
   * Takes over what the store holds now, and tells of what has changed.
   * @param keys the settings that may have changed; default: all
   */
  refresh(keys: readonly string[] = this.#context.definition.keys): void {
    const failure = this.#takeOver(keys);
    if (failure !== undefined) this.#onFailure(failure.error);
  }

  /** @returns why the store cannot be read, if it cannot */
  #takeOver(keys: readonly string[]): { readonly error: unknown } | undefined {
    if (this.changes.isClosed) return undefined;
    let changes: readonly SettingChange[];
    let read: readonly string[];
    try {
      ({ changes, read } = this.snapshot.refresh(this.#today(keys)));
    } catch (error) {
      return { error };
    }
    for (const key of read) this.#toRead?.delete(key);
    this.#tellIssues();
    this.#context.emit({ type: 'loaded', changed: [...new Set(changes.map(({ key }) => key))], issues: this.snapshot.issues });
    if (changes.length > 0) this.#saveLastGood();
    this.changes.notify(read, changes.length === 0 ? undefined : () => this.snapshot.changeOf(changes));
    return undefined;
  }

  #tellIssues(): void {
    const { emit } = this.#context;
    const { issues } = this.snapshot;
    const before = this.#told;
    this.#told = issues;
    this.#tellLifecycle({ type: 'LOADED', invalid: issues.length });
    const isAbout = ({ key, scope }: SettingIssue) => (other: SettingIssue): boolean => key === other.key && sameData(scope, other.scope);
    for (const issue of issues) {
      if (!before.some((other) => isAbout(issue)(other) && issue.problem === other.problem)) emit({ type: 'invalid', issue });
    }
    for (const issue of before) {
      const { key, scope } = issue;
      if (!issues.some(isAbout(issue))) emit({ type: 'mended', key, ...(scope === undefined ? {} : { scope }) });
    }
  }

  /** A folder or language was read for the first time: what is kept of it is kept from now on. */
  #onScopedNews(): void {
    if (this.changes.isClosed) return;
    if (this.snapshot.issues !== this.#told) this.#tellIssues();
    this.#saveScoped();
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
      this.refresh(keys);
    };
  }

  /** What keeps a value that is stored at a target from being served, if anything (P29). */
  shadow(key: string, target: Target, scope: Scope, stored: { readonly value: unknown } | undefined): string | undefined {
    return this.snapshot.shadow(key, target, scope, stored) ?? (this.#held.has(key) ? 'transaction' : undefined);
  }

  close(): void {
    this.changes.close();
  }

  /** Resolves when the last good values have been handed over. */
  settled(): Promise<void> {
    return Promise.all([this.#lastGood.settled(), this.#scopedLastGood.settled()]).then(() => undefined);
  }

  get #limit(): number {
    return this.#context.options.lifecycle?.loadLimit ?? lifecycleDefaults.loadLimit;
  }

  async #load(): Promise<void> {
    const awaited = this.#next ?? [];
    this.#underWay = awaited;
    this.#next = undefined;
    const toRead = this.#toRead;
    this.#toRead = undefined;
    const { store, patience } = this.#context;
    let loaded: Promise<void> | undefined;
    try {
      const { timedOut } = await patience.within(this.#limit, () => (loaded = Promise.resolve(store.load())));
      if (timedOut) throw new StoreError('not-ready', 'The store did not answer in time.');
      this.refresh(toRead && [...toRead]);
    } catch (error) {
      if (!this.changes.isClosed) this.#onFailure(error);
      // Better late than never.
      loaded?.then(() => this.refresh(), () => undefined);
    }
    this.#underWay = undefined;
    for (const resolve of awaited) resolve();
    // Unless it is over by now: the lifecycle knows.
    if (this.#next !== undefined) this.#tellLifecycle({ type: 'RELOAD' });
  }

  #onFailure(error: unknown): void {
    this.snapshot.freeze();
    this.#tellLifecycle({ type: 'LOAD_FAILED', failure: error instanceof Error ? error.message : String(error) });
    this.#context.emit({ type: 'load-failed', error });
  }

  #restoreLastGood(): { readonly window: Record<string, unknown>; readonly scoped: KeptValues[] } {
    const trusted = this.#isTrusted();
    const scoped = this.#scopedLastGood.load();
    return {
      window: this.#valid(this.#lastGood.load(), trusted),
      scoped: (Array.isArray(scoped) ? scoped : []).flatMap((kept: KeptValues) => {
        try {
          return [{ scope: toScope(kept.scope), values: this.#valid(kept.values, trusted) }];
        } catch {
          // It was damaged.
          return [];
        }
      }),
    };
  }

  /** What is valid, and may be served, of what an earlier process has kept. */
  #valid(stored: unknown, trusted: boolean): Record<string, unknown> {
    const { definition } = this.#context;
    if (typeof stored !== 'object' || stored === null) return {};
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
    this.#lastGood.save(() => Object.fromEntries(keys.map((key) => [key, this.snapshot.get(key)])));
    this.#saveScoped();
  }

  #saveScoped(): void {
    this.#scopedLastGood.save(() => {
      const kept = this.snapshot.scopedValues;
      return kept.length === 0 ? undefined : kept;
    });
  }

  #isTrusted(): boolean {
    try {
      return this.#context.store.trusted();
    } catch {
      return false;
    }
  }
}
