import type { Memento } from '../store/memento.ts';
import { targets, type Scope, type Target } from '../store/store.ts';
import { Persisted } from './persisted.ts';

/** A write that was accepted and whose end is not known yet. */
export interface JournalEntry {
  readonly id: number;
  readonly key: string;
  readonly target: Target;
  readonly scope: Scope;
  /** When it was accepted, in milliseconds since the Unix epoch. */
  readonly acceptedAt: number;
  /** What was to be stored, once that is known; absent for secret settings and for an update not yet computed. */
  readonly asked?: { readonly value: unknown };
}

/**
 * The writes that were accepted and not confirmed, kept where they survive a crash: the next process
 * finds out by reading what became of them, and tells (P29).
 */
export class Journal {
  readonly #persisted: Persisted<JournalEntry[]>;
  readonly #entries = new Map<number, JournalEntry>();

  constructor(memento: Memento, section: string, onError: (error: unknown) => void) {
    this.#persisted = new Persisted(memento, `holdfast.${section}.journal`, onError);
  }

  /** What an earlier process did not see the end of. */
  unfinished(): JournalEntry[] {
    const stored = this.#persisted.load();
    return Array.isArray(stored) ? stored.filter(isEntry) : [];
  }

  put(entry: JournalEntry): void {
    this.#entries.set(entry.id, entry);
    this.#save();
  }

  remove(id: number): void {
    if (this.#entries.delete(id)) this.#save();
  }

  /** Forgets what an earlier process left: it has been reconciled. */
  clearEarlier(): void {
    this.#save();
  }

  settled(): Promise<void> {
    return this.#persisted.settled();
  }

  #save(): void {
    this.#persisted.save(this.#entries.size === 0 ? undefined : [...this.#entries.values()]);
  }
}

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<JournalEntry>;
  return typeof entry.key === 'string'
    && targets.includes(entry.target as Target)
    && typeof entry.scope === 'object' && entry.scope !== null
    && (entry.asked === undefined || (typeof entry.asked === 'object' && entry.asked !== null));
}
