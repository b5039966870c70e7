import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as yup from 'yup';
import type { StoreError } from '../../../src/errors.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { jsonStore, type JsonPaths } from '../../../src/store/json-store.ts';
import type { Scope, Store, Target, WriteOptions } from '../../../src/store/store.ts';
import { until } from '../../limits.ts';
import { skip } from '../../skip.ts';

export const definition = defineSettings('s', { a: { schema: yup.mixed(), default: 0, description: 'Anything' } });

/** A folder for each test, and what a test does to the system, undone after it. To be made in a `describe`. */
export class Place {
  folder = '';
  readonly #stores: Store[] = [];
  readonly #undo: (() => void)[] = [];

  constructor() {
    beforeEach(() => {
      this.folder = fs.realpathSync(mkdtempSync(path.join(tmpdir(), 'holdfast-json-')));
    });
    afterEach(() => {
      for (const store of this.#stores.splice(0)) store.dispose();
      for (const step of this.#undo.splice(0).reverse()) step();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** The settings file of the user, unless a test takes another. */
  get user(): string {
    return this.in('settings.json');
  }

  in(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  text(file = this.user): string {
    return readFileSync(file, 'utf8');
  }

  make(paths: Partial<JsonPaths> = {}): Store {
    const store = jsonStore({ user: this.user, ...paths })(definition);
    this.#stores.push(store);
    return store;
  }

  /** A store that has been loaded, of a file with that text. */
  async loaded(text?: string | Buffer, paths: Partial<JsonPaths> = {}): Promise<Store> {
    if (text !== undefined) writeFileSync(paths.user ?? this.user, text);
    const store = this.make(paths);
    await store.load();
    return store;
  }

  undo(step: () => void): void {
    this.#undo.push(step);
  }

  /** Mounts something until the end of the test, if this machine allows that. */
  mount(on: string, ...args: string[]): boolean {
    try {
      execFileSync('mount', [...args, on], { stdio: 'ignore' });
    } catch {
      return false;
    }
    this.undo(() => void execFileSync('umount', ['-l', on]));
    return true;
  }

  /** Puts something in the place of one of Node's own functions, until the end of the test. */
  patch<T extends object, K extends keyof T & string>(module: T, name: K, replacement: (original: T[K]) => unknown): () => void {
    const original = module[name];
    const put = (value: unknown): void => {
      (module as Record<string, unknown>)[name] = value;
      syncBuiltinESMExports();
    };
    put(replacement(original));
    this.undo(() => put(original));
    return () => put(original);
  }

  /** Lets no time pass: what is in flux stays so, however slow the machine is. Gives what lets it go on. */
  stopTime(): () => void {
    const now = performance.now();
    const today = Date.now();
    const go = [this.patch(performance, 'now', () => () => now), this.patch(Date, 'now', () => () => today)];
    return () => go.forEach((each) => each());
  }

  /** Something happens after a write has read the file for the last time, and before it replaces it. */
  beforeExchange(step: () => void): () => void {
    return this.patch(fsPromises, 'open', (open) => async (...args: Parameters<typeof open>) => {
      const handle = await open(...args);
      if (String(args[0]).endsWith('.tmp')) {
        const { sync } = handle;
        handle.sync = () => {
          step();
          return sync.call(handle);
        };
      }
      return handle;
    });
  }
}

export const failing = (code: string) => (): never => {
  throw Object.assign(new Error(`${code}: so says the test`), { code });
};

const never = new AbortController().signal;

export function write(store: Store, key: string, value: unknown, scope: Scope = {}, target: Target = 'user', options: Partial<WriteOptions> = {}): Promise<void> {
  return store.write({ key, value, target, scope }, { signal: never, ...options });
}

export const readBack = (store: Store, key: string, scope: Scope = {}): Promise<unknown> => store.readBack({ key, target: 'user', scope });

export const effective = (store: Store, key: string, scope: Scope = {}): unknown => store.read(key, scope).effective;

export const failureOf = (promise: Promise<unknown>): Promise<StoreError> => promise.then(() => expect.fail('it was not refused'), (error: unknown) => error as StoreError);

export interface Observation {
  calls(): number;
  /** Resolves once the listener has been called so many times. */
  count(times: number): Promise<void>;
}

export function observed(store: Store): Observation {
  let calls = 0;
  store.onDidChange(() => void calls++);
  return { calls: () => calls, count: (times) => until(`a listener was called ${times} times`, () => calls >= times) };
}

/** A test that is skipped where the machine has not what it needs. */
export function needs(what: string, isThere: boolean, test: () => Promise<void> | void): (this: Mocha.Context) => Promise<void> | void {
  return isThere ? test : function () { skip(this, `It needs ${what}.`); };
}
