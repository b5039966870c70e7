/** A small persistent map, as VS Code's `Memento`: where the journal and the last good values are kept. */
export interface Memento {
  get(key: string): unknown;
  /** Resolves when the value is kept; `undefined` removes it. */
  update(key: string, value: unknown): PromiseLike<void>;
}

/** Where the journal of one window or process is kept. */
export interface JournalHome {
  /** Keeps the text, under a name of its own for each service. */
  readonly memento: Memento;
  /**
   * Takes over what others have left that do not run any more: each is handed out once, among all that ask. Absent: it is what the
   * memento holds when the service starts.
   * @param name as the memento is asked for
   */
  takeOver?(name: string): Promise<readonly LeftJournal[]>;
}

export interface LeftJournal {
  readonly text: string;
  /** It has been dealt with. Never rejects. */
  forget(): Promise<void>;
}

/** The homes of a journal: what is written to the user settings can be told in any workspace, the rest only in its own. */
export interface JournalHomes {
  readonly user: JournalHome;
  readonly workspace: JournalHome;
}

/** Forgets everything when the process ends: for hosts that have no place to keep things. */
export function memoryMemento(): Memento {
  const values = new Map<string, unknown>();
  return {
    get: (key) => values.get(key),
    update: (key, value) => {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
      return Promise.resolve();
    },
  };
}
