import { readFileSync } from 'node:fs';
import * as yup from 'yup';
import {
  createConfigurationService, defineSettings, StoreError,
  type Layer, type Store, type StoreReason, type WriteOptions, type WriteRequest,
} from '../../../src/index.ts';
import type { Contender } from '../contender.ts';
import { Refusal, type RefusalCode, type Window } from '../editor.ts';
import { appended, recentLength, type Key } from '../settings.ts';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };

const name = (): yup.StringSchema<string> => yup.string().defined().max(40);
const number = (): yup.NumberSchema<number> => yup.number().defined().integer().min(1).max(9_999_999);
const settings = defineSettings('simulated', {
  projectName: { schema: name(), default: 'untitled', description: 'What it is called.' },
  greeting: { schema: name(), default: 'hello', description: 'What it says.' },
  port: { schema: number(), default: 3000, description: 'Where it listens.' },
  budget: { schema: number(), default: 10, description: 'What it may cost.' },
  recent: { schema: yup.array().of(name()).defined().max(recentLength), default: [], description: 'What was used last.' },
  canary: { schema: name(), default: '', description: 'That it can be written.' },
});

const reasons: Readonly<Record<RefusalCode, StoreReason>> = {
  EIO: 'io', EBUSY: 'io', EACCES: 'permission', ENOSPC: 'no-space', DIRTY: 'dirty', INVALID: 'invalid-file', NEWER: 'newer',
};

function asStoreError(error: unknown): never {
  throw error instanceof Refusal ? new StoreError(reasons[error.code], error.message, { cause: error }) : error;
}

/** The editor's settings as a store, as `src/store/vscode-store.ts` makes one of VS Code's: nothing is known here that is not known there. */
class WindowStore implements Store {
  readonly name = 'settings.json';
  readonly #window: Window;
  /** When the updates began that have not been answered. */
  readonly #underWay = new Set<{ readonly since: number }>();

  constructor(window: Window) {
    this.#window = window;
  }

  load(): Promise<void> {
    return this.#window.isBroken ? Promise.reject(new StoreError('invalid-file', 'It cannot be read.')) : Promise.resolve();
  }

  read(key: string): { effective: unknown; layers: Map<Layer, unknown> } {
    const value = this.#window.get(key as Key);
    return { effective: value, layers: new Map(value === undefined ? [] : [['user', value]]) };
  }

  async write({ key, value }: WriteRequest, { expected }: WriteOptions): Promise<void> {
    if (expected !== undefined && JSON.stringify(await this.readBack({ key })) !== JSON.stringify(expected.value)) throw new StoreError('newer', 'It was changed meanwhile.');
    const running = { since: performance.now() };
    this.#underWay.add(running);
    try {
      await this.#window.update(key as Key, value).catch(asStoreError);
    } finally {
      this.#underWay.delete(running);
    }
    // A full disk is passed over in silence: the file system tells of it.
    if (JSON.stringify(await this.readBack({ key })) !== JSON.stringify(value)) await this.#window.check().catch(asStoreError);
  }

  readBack({ key }: { readonly key: string }): Promise<unknown> {
    return this.#window.readFile(key as Key).catch(asStoreError);
  }

  async probe(): Promise<void> {
    if ([...this.#underWay].some(({ since }) => performance.now() - since >= 5_000)) throw new StoreError('not-ready', 'An earlier write has not been answered yet.');
    await this.#window.check().catch(asStoreError);
  }

  fileOf(): string {
    return 'settings.json';
  }

  defaultTarget(): 'user' {
    return 'user';
  }

  trusted(): boolean {
    return true;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#window.onDidChange(listener);
  }

  dispose(): void {
    this.#underWay.clear();
  }
}

/** As its readme says, with its defaults; what nobody waits for may wait for the breaker (`park`). */
export const holdfast: Contender = {
  name: 'Holdfast',
  version,
  start(window, memento) {
    const service = createConfigurationService(settings, { store: new WindowStore(window), memento });
    return {
      get: (key) => service.get(key),
      set: async (key, value, park) => (await service.update(key, value, { park })).outcome,
      append: async (entry, park) => (await service.update('recent', (stored) => [...appended(stored, entry)], { park })).outcome,
      dispose: () => service.dispose(),
    };
  },
  says(error) {
    const { outcome, context } = error as { outcome?: unknown; context?: { outcome?: unknown } };
    return outcome === 'unknown' || context?.outcome === 'unknown' ? 'unknown' : 'not stored';
  },
};
