import { StoreError } from '../errors.ts';
import { defineSettings } from '../settings/define-settings.ts';
import { sameData } from '../settings/plain-data.ts';
import type { StandardSchema } from '../settings/schema.ts';
import type { Scope, Store, Target, WriteOptions } from '../store/store.ts';

/** What `verifyStore` checks, in the words of its checks. */

/** A new store that holds nothing yet, and what takes it away again (`dispose` has been called by then). */
export interface StoreUnderTest {
  readonly store: Store;
  /** Where the user settings are in a text file that other programs write as well: then the store is tried beside such a program. */
  readonly file?: SettingsText;
  cleanUp?(): void | Promise<void>;
}

/** A settings file, as another program has it. */
export interface SettingsText {
  /** What the file says; `undefined`: there is none. */
  read(): string | undefined | Promise<string | undefined>;
  /** Writes another text into the file, at once; `undefined` removes it. */
  save(text: string | undefined): void | Promise<void>;
}

/** A promise of the contract, as `verifyStore` names it; it was kept unless this rejects. */
export type PromiseOfStore = readonly [name: string, promise: (on: Subject) => Promise<void>];

const anything: StandardSchema = { '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value }) } };

/** The settings the checks write. Any JSON is valid. */
export const settings = defineSettings('verifyStore', {
  first: { schema: anything, default: null, description: 'Written by verifyStore' },
  second: { schema: anything, default: null, description: 'Written by verifyStore' },
});

export type Key = 'first' | 'second';

/** The store, in the words of the checks. */
export class Subject {
  readonly store: Store;
  readonly #file: SettingsText | undefined;

  constructor(store: Store, file: SettingsText | undefined) {
    this.store = store;
    this.#file = file;
  }

  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  /** Its settings file, in which there is something, and what that is. */
  async file(): Promise<{ readonly file: SettingsText; readonly text: string }> {
    const text = await this.#file?.read();
    if (this.#file === undefined || text === undefined) throw new Error('There is no settings file, though something was written.');
    return { file: this.#file, text };
  }

  write(key: Key, value: unknown, scope: Scope = {}, target: Target = 'user', options: Partial<WriteOptions> = {}): Promise<void> {
    return this.store.write({ key, value, target, scope }, { signal: new AbortController().signal, ...options });
  }

  /** The reason of a refusal that must come as a rejection. */
  async refusal(call: () => Promise<unknown>): Promise<string> {
    const promise = call();
    const error = await promise.then(() => new Error('It was not refused.'), (reason: unknown) => reason);
    if (error instanceof StoreError) return error.reason;
    throw error;
  }

  /** What is read, and what is read back, is this. */
  async holds(key: Key, value: unknown, scope: Scope = {}, target: Target = 'user'): Promise<void> {
    same(this.store.read(key, scope).effective, value, `read("${key}")`);
    same(await this.store.readBack({ key, target, scope }), value, `readBack("${key}")`);
  }

  has(target: Exclude<Target, 'user'>): boolean {
    try {
      this.store.fileOf(target, {});
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (!sameData(actual, expected)) throw new Error(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}.`);
}

export const samples: readonly unknown[] = [
  null, false, 0, -1.5, 1e21, '', 'text', 'ä "quoted" \\ \u2028 line\nbreak 🙂', [], [1, [2, null]], {}, { a: { b: [{}] }, 'c.d': '' }, 'x'.repeat(100_000),
];

/** Values that throw when they are looked at. */
export function throwing(): readonly unknown[] {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throws = Object.defineProperty({}, 'x', { enumerable: true, get: () => { throw new Error('Looked at'); } });
  return [throws, proxy, [throws]];
}
