import { sameData } from '../../settings/plain-data.ts';
import type { SettingsDefinition } from '../../settings/define-settings.ts';
import { keyProblem } from '../../settings/setting-key.ts';
import type { Memento } from '../../store/memento.ts';
import { targets, type Scope, type Target } from '../../store/store.ts';
import type { LateOutcome } from '../events.ts';
import { listText, memberText, type MemberText } from '../list-text.ts';
import { Persisted } from '../persisted.ts';
import { mayBeBuiltOn, type From } from './asked.ts';
import { look, type WriteTools } from './looks.ts';

/** A write that was accepted and whose end is not known yet. */
export interface JournalEntry {
  /** The job that writes it. */
  readonly job: number;
  readonly key: string;
  readonly target: Target;
  readonly scope: Scope;
  /** When it was accepted, in milliseconds since the Unix epoch. */
  readonly acceptedAt: number;
  /** What was to be stored, once that is known; absent for secret settings and for an update not yet computed. */
  readonly asked?: {
    readonly value: unknown;
    /** What it was computed from; absent for a plain value. */
    readonly from?: From;
  };
}

/**
 * The writes that were accepted and not confirmed, kept where they survive a crash: the next process
 * finds out by reading what became of them, and tells (P29).
 *
 * The whole is kept again with each change. So that many writes that wait cost no more than in proportion, each entry is
 * serialised once.
 */
export class Journal {
  readonly #persisted: Persisted<JournalEntry[]>;
  readonly #entries = new Map<string, JournalEntry>();
  readonly #texts = new WeakMap<JournalEntry, MemberText>();
  /** What an earlier process did not see the end of, until that is reconciled. */
  #earlier: readonly JournalEntry[];

  constructor(memento: Memento, section: string, onError: (error: unknown) => void) {
    this.#persisted = new Persisted(memento, `holdfast.${section}.journal`, onError);
    const stored = this.#persisted.load();
    this.#earlier = Array.isArray(stored) ? stored.filter(isEntry) : [];
  }

  get earlier(): readonly JournalEntry[] {
    return this.#earlier;
  }

  /** Again for an entry that is there: what was asked for is known by now, or is another value. */
  put(entry: JournalEntry): void {
    const id = entryId(entry.job, entry.key);
    const before = this.#entries.get(id);
    if (before?.asked !== undefined && entry.asked !== undefined && sameData(before.asked, entry.asked)) return;
    this.#entries.set(id, before === undefined ? entry : { ...entry, acceptedAt: before.acceptedAt });
    this.#save();
  }

  remove(job: number, key: string): void {
    if (this.#entries.delete(entryId(job, key))) this.#save();
  }

  forgetEarlier(): void {
    this.#earlier = [];
    this.#save();
  }

  settled(): Promise<void> {
    return this.#persisted.settled();
  }

  #save(): void {
    this.#persisted.saveText(() => {
      const all = [...this.#earlier, ...this.#entries.values()];
      return all.length === 0 ? undefined : listText(all.map((entry) => this.#textOf(entry)));
    });
  }

  #textOf(entry: JournalEntry): MemberText {
    let text = this.#texts.get(entry);
    if (text === undefined) this.#texts.set(entry, text = memberText(entry));
    return text;
  }
}

/** What became of a write that an earlier process journaled, as far as the store tells. */
export async function outcomeOf(tools: WriteTools, definition: SettingsDefinition, entry: JournalEntry): Promise<LateOutcome> {
  const { key, target, scope, asked } = entry;
  if (asked === undefined || keyProblem(definition.section, key) !== undefined || (definition.declarations[key] === undefined && !definition.formerKeys.has(key))) return 'unknown';
  const stored = await look(tools, { key, target, scope, file: '' });
  if (stored === undefined) return 'unknown';
  if (sameData(stored.value, asked.value)) return 'stored';
  return mayBeBuiltOn(asked.from, stored.value) ? 'unknown' : 'not stored';
}

const entryId = (job: number, key: string): string => `${job} ${key}`;

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<JournalEntry>;
  return typeof entry.key === 'string'
    && targets.includes(entry.target as Target)
    && typeof entry.scope === 'object' && entry.scope !== null
    && Number.isFinite(entry.acceptedAt)
    && (entry.asked === undefined || (typeof entry.asked === 'object' && entry.asked !== null));
}
