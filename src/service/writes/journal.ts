import superjson from 'superjson';
import { sameData } from '../../settings/plain-data.ts';
import type { SettingsDefinition } from '../../settings/define-settings.ts';
import type { JournalHome, JournalHomes, LeftJournal } from '../../store/memento.ts';
import { targets, type Scope, type Target } from '../../store/store.ts';
import type { LateOutcome } from '../events.ts';
import { listText, memberText, type MemberText } from './list-text.ts';
import { Persisted } from '../persisted.ts';
import { mayBeBuiltOn, type From } from './asked.ts';
import type { SettingLocation } from './location.ts';
import { look, type WriteTools } from './looks.ts';

/** A change of a write that was accepted, and whose end is not known yet. */
export interface JournalEntry {
  /** The number of the write. */
  readonly job: number;
  readonly key: string;
  readonly target: Target;
  readonly scope: Scope;
  /** The same for all changes of a transaction, and for no others. */
  readonly transaction?: string;
  /** When it was accepted, in milliseconds since the Unix epoch. */
  readonly acceptedAt: number;
  /** What was to be stored, once that is known; absent for secret settings and for an update not yet computed. */
  readonly asked?: {
    readonly value: unknown;
    /** What it was computed from; absent for a plain value. */
    readonly from?: From;
    /** Part of a transaction: what was there before, once it has been sent. */
    readonly before?: From;
  };
}

/** The changes of one write. */
export type EarlierWrite = readonly [JournalEntry, ...JournalEntry[]];

/**
 * The writes that were accepted and not confirmed, kept where they survive a crash: a later start of the same extension finds
 * out by reading what became of them, and tells (P29).
 */
export class Journal {
  readonly #user: Book;
  readonly #workspace: Book;
  readonly #onError: (error: unknown) => void;

  constructor({ user, workspace }: JournalHomes, kept: string, onError: (error: unknown) => void) {
    const name = `${kept}.journal`;
    this.#onError = onError;
    this.#workspace = new Book(workspace, name, onError);
    this.#user = user === workspace ? this.#workspace : new Book(user, name, onError);
  }

  /** The writes that earlier processes did not see the end of, each with its changes. Taken over when first asked for. */
  async earlier(): Promise<readonly EarlierWrite[]> {
    const books = new Set([this.#user, this.#workspace]);
    const texts = (await Promise.all([...books].map((book) => book.takeOver()))).flat();
    const writes = new Map<string | JournalEntry, [JournalEntry, ...JournalEntry[]]>();
    for (const entry of texts.flatMap((text) => entriesOf(text, this.#onError))) {
      const write = writes.get(entry.transaction ?? entry);
      if (write === undefined) writes.set(entry.transaction ?? entry, [entry]);
      else write.push(entry);
    }
    return [...writes.values()];
  }

  /** Again for an entry that is there: what was asked for is known by now, or is another value. */
  put(entry: JournalEntry): void {
    this.#bookOf(entry.target).put(entry);
  }

  remove(job: number, key: string, target: Target): void {
    this.#bookOf(target).remove(job, key);
  }

  /** The earlier ones have been told. */
  async forgetEarlier(): Promise<void> {
    await Promise.all([...new Set([this.#user, this.#workspace])].map((book) => book.forgetEarlier()));
  }

  async settled(): Promise<void> {
    await Promise.all([this.#user.settled(), this.#workspace.settled()]);
  }

  #bookOf(target: Target): Book {
    return target === 'user' ? this.#user : this.#workspace;
  }
}

/**
 * The entries in one home. The whole is kept again with each change. So that many writes that wait cost no more than in
 * proportion, each entry is serialised once.
 */
class Book {
  readonly #home: JournalHome;
  readonly #name: string;
  readonly #persisted: Persisted<JournalEntry[]>;
  readonly #entries = new Map<string, JournalEntry>();
  readonly #texts = new WeakMap<JournalEntry, MemberText>();
  readonly #onError: (error: unknown) => void;
  /** What the memento held at the start is kept in it until it has been told. */
  #earlier: readonly JournalEntry[];
  #left: Promise<readonly LeftJournal[]> | undefined;

  constructor(home: JournalHome, name: string, onError: (error: unknown) => void) {
    this.#home = home;
    this.#name = name;
    this.#onError = onError;
    this.#persisted = new Persisted(home.memento, name, onError);
    const text = home.takeOver === undefined ? this.#persisted.loadText() : undefined;
    this.#earlier = text === undefined ? [] : entriesOf(text, onError);
  }

  async takeOver(): Promise<readonly string[]> {
    const { takeOver } = this.#home;
    this.#left ??= takeOver === undefined ? Promise.resolve([]) : takeOver.call(this.#home, this.#name).catch((error: unknown) => {
      this.#onError(error);
      return [];
    });
    const own = this.#earlier.length === 0 ? [] : [listText(this.#earlier.map((entry) => this.#textOf(entry)))];
    return [...own, ...(await this.#left).map(({ text }) => text)];
  }

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

  async forgetEarlier(): Promise<void> {
    if (this.#earlier.length > 0) {
      this.#earlier = [];
      this.#save();
    }
    for (const left of await this.#left ?? []) await left.forget();
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

/** What cannot be understood, of a later version for instance, is left out with a warning: it never stops a start. */
function entriesOf(text: string, onError: (error: unknown) => void): readonly JournalEntry[] {
  try {
    const list: unknown = superjson.parse(text);
    if (!Array.isArray(list)) throw new Error('The journal is not a list.');
    const entries = list.filter(isEntry);
    const others = list.length - entries.length;
    if (others > 0) onError(new Error(`Entries that this version does not understand: ${others}.`));
    return entries;
  } catch (error) {
    onError(error);
    return [];
  }
}

/**
 * What became of a write that an earlier process journaled, as far as the store tells. Where the process ended in the middle of a
 * transaction, what it has stored is undone first.
 */
export async function outcomeOf(tools: WriteTools, definition: SettingsDefinition, entries: EarlierWrite, undo: Undo): Promise<LateOutcome> {
  const outcomes = await Promise.all(entries.map((entry) => outcomeOfChange(tools, definition, entry)));
  const isHalf = outcomes.includes('stored') && outcomes.includes('not stored');
  if (isHalf) {
    for (const [index, entry] of [...entries.entries()].reverse()) if (outcomes[index] === 'stored') outcomes[index] = await undone(tools, entry, undo);
  }
  return outcomes.every((outcome) => outcome === outcomes[0]) ? outcomes[0]! : 'unknown';
}

async function outcomeOfChange(tools: WriteTools, definition: SettingsDefinition, { key, target, scope, asked }: JournalEntry): Promise<LateOutcome> {
  if (asked === undefined || (definition.declarations[key] === undefined && !definition.formerKeys.has(key))) return 'unknown';
  const stored = await look(tools, { key, target, scope, file: '' });
  if (stored === undefined) return 'unknown';
  if (sameData(stored.value, asked.value)) return 'stored';
  // Of a transaction it may have been stored, and replaced since: that does not make the rest of it a half.
  return mayBeBuiltOn(asked.from ?? asked.before, stored.value) ? 'unknown' : 'not stored';
}

/** Stores `value` where `over` is still stored, when it is its turn in the file. Never rejects: stored or not, the look tells. */
export type Undo = (place: Omit<SettingLocation, 'file'>, over: unknown, value: unknown) => Promise<void>;

/** @returns 'not stored' when it is as it was before */
async function undone(tools: WriteTools, { key, target, scope, asked }: JournalEntry, undo: Undo): Promise<LateOutcome> {
  // It was never sent: another program has stored the same.
  if (asked?.before === undefined) return 'not stored';
  // A removal looks like any other: a later one must not be undone for it.
  if (asked.value === undefined) return 'unknown';
  const { value, before } = asked;
  await undo({ key, target, scope }, value, before.value);
  const stored = await look(tools, { key, target, scope, file: '' });
  return stored !== undefined && sameData(stored.value, before.value) ? 'not stored' : 'unknown';
}

const entryId = (job: number, key: string): string => `${job} ${key}`;

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<JournalEntry>;
  return typeof entry.key === 'string'
    && targets.includes(entry.target as Target)
    && typeof entry.scope === 'object' && entry.scope !== null
    && Number.isFinite(entry.acceptedAt)
    && (entry.transaction === undefined || typeof entry.transaction === 'string')
    && (entry.asked === undefined || (typeof entry.asked === 'object' && entry.asked !== null));
}
