import { StoreError } from '../errors.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { settlingTime } from '../store/store.ts';
import { promisesOfCommit } from './verify-commit.ts';
import { same, samples, settings, Subject, throwing, type PromiseOfStore, type StoreUnderTest } from './verify-subject.ts';

/** One promise of the `Store` contract, and whether it was kept. */
export interface StoreCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: Error;
}

export interface VerifyStoreOptions {
  /** Longest time one promise may take to be kept, in milliseconds of the real clock. Default 5,000. */
  readonly deadline?: number;
}

/**
 * Checks a store against the contract of `Store`, each promise with a new store. One that can store several values by one save
 * (`commit`) is checked for that as well.
 *
 * @param makeStore given the definition of the settings that the checks write, which a store may need
 * @returns one result a promise; never rejects
 */
export async function verifyStore(
  makeStore: (definition: SettingsDefinition) => Promise<StoreUnderTest>,
  { deadline = 5_000 }: VerifyStoreOptions = {},
): Promise<readonly StoreCheck[]> {
  const results: StoreCheck[] = [];
  let [hasFile, canCommit] = [false, false];
  const make = async (definition: SettingsDefinition): Promise<StoreUnderTest> => {
    const made = await makeStore(definition);
    hasFile ||= made.file !== undefined;
    canCommit ||= made.store.commit !== undefined || made.store.canCommit !== undefined;
    return made;
  };
  const all = function* (): Iterable<PromiseOfStore> {
    yield* promises;
    if (canCommit) yield* promisesOfCommit;
    if (hasFile) yield* promisesOfFile;
  };
  for (const [name, promise] of all()) {
    try {
      await within(deadline, keeps(make, promise));
      results.push({ name, ok: true });
    } catch (error) {
      results.push({ name, ok: false, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return results;
}

async function keeps(makeStore: (definition: SettingsDefinition) => Promise<StoreUnderTest>, promise: PromiseOfStore[1]): Promise<void> {
  const made = await makeStore(settings);
  try {
    await made.store.load();
    await promise(new Subject(made.store, made.file));
  } finally {
    made.store.dispose();
    await made.cleanUp?.();
  }
}

async function within(deadline: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It took longer than ${deadline} ms.`)), deadline);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Much shorter than `settlingTime`, and longer than a store may take to hear of a change. */
const saving = settlingTime / 5;

/** What a file is like while another program saves that text. */
const halfSaved = (text: string): readonly (string | undefined)[] => ['', text.slice(0, text.length / 2), undefined];

const promises: readonly PromiseOfStore[] = [
  ['load can be called again', async ({ store }) => {
    await store.load();
  }],
  ['a setting that was never written has no value at any target', async ({ store }) => {
    same([...store.read('first', {}).layers.keys()].filter((layer) => layer !== 'default'), [], 'The layers that hold a value');
    same(await store.readBack({ key: 'first', target: 'user', scope: {} }), undefined, 'readBack("first")');
  }],
  ['what was written is read as soon as the write has resolved (P20)', async (on) => {
    await on.write('first', 'written');
    await on.holds('first', 'written');
    same(on.store.read('first', {}).layers.get('user'), 'written', 'The layer "user"');
  }],
  ['what was written is there after another load (P20)', async (on) => {
    await on.write('first', 'written');
    await on.store.load();
    await on.holds('first', 'written');
  }],
  ['every kind of JSON comes back as it was written (P22)', async (on) => {
    for (const value of samples) {
      await on.write('first', undefined);
      await on.write('first', value);
      await on.holds('first', value);
    }
  }],
  ['an object takes the place of another as a whole (P22)', async (on) => {
    await on.write('first', { a: 1, b: 2 });
    await on.write('first', { b: 3 });
    await on.holds('first', { b: 3 });
  }],
  ['undefined removes the value, and removing nothing is no failure (P22)', async (on) => {
    await on.write('first', 1);
    for (const _time of ['first', 'second']) {
      await on.write('first', undefined);
      same(on.store.read('first', {}).layers.has('user'), false, 'The presence of a value');
      same(await on.store.readBack({ key: 'first', target: 'user', scope: {} }), undefined, 'readBack("first")');
    }
  }],
  ['a write leaves other settings alone (P31)', async (on) => {
    await on.write('first', [1]);
    await on.write('second', 2);
    await on.write('second', undefined);
    await on.holds('first', [1]);
  }],
  ['writes asked for together are applied in their order, and none is lost (P23)', async (on) => {
    await Promise.all([1, 2, 3, 4, 5].flatMap((value) => [on.write('first', value), on.write('second', -value)]));
    await on.holds('first', 5);
    await on.holds('second', -5);
  }],
  ['a write that expects another value than is stored is refused as "newer" (P28)', async (on) => {
    await on.write('first', { is: 1 });
    const refuse = (value: unknown): Promise<string> => on.refusal(() => on.write('first', 'wrong', {}, 'user', { expected: { value } }));
    same(await refuse({ is: 2 }), 'newer', 'The reason');
    same(await refuse(undefined), 'newer', 'The reason');
    await on.holds('first', { is: 1 });
  }],
  ['a write that expects what is stored is stored (P28)', async (on) => {
    await on.write('first', { a: 1 }, {}, 'user', { expected: { value: undefined } });
    await on.write('first', 'next', {}, 'user', { expected: { value: { a: 1 } } });
    await on.holds('first', 'next');
  }],
  ['an attempt given up before it began is stored and resolves, or is not stored and rejects (P29)', async (on) => {
    const signal = AbortSignal.abort();
    const stored = await on.write('first', 'late', {}, 'user', { signal }).then(() => true, () => false);
    same(await on.store.readBack({ key: 'first', target: 'user', scope: {} }), stored ? 'late' : undefined, 'readBack("first")');
  }],
  ['a value for a language wins for that language alone (P34)', async (on) => {
    await on.write('first', 'plain');
    await on.write('first', 'for one', { languageId: 'one' });
    await on.holds('first', 'plain');
    await on.holds('first', 'for one', { languageId: 'one' });
    same(on.store.read('first', { languageId: 'two' }).effective, 'plain', 'read("first") for another language');
    await on.write('first', undefined, { languageId: 'one' });
    same(on.store.read('first', { languageId: 'one' }).effective, 'plain', 'read("first") after the removal');
  }],
  ['listeners are called when a value has changed, once it can be read (P33)', async (on) => {
    const seen = new Promise<unknown>((resolve) => on.store.onDidChange(() => resolve(on.store.read('first', {}).effective)));
    await on.write('first', 'news');
    same(await seen, 'news', 'What the listener reads');
  }],
  ['a listener that was disposed is not called, and the others are (P41)', async (on) => {
    let calls = 0;
    const subscription = on.store.onDidChange(() => void calls++);
    subscription.dispose();
    subscription.dispose();
    const other = new Promise<void>((resolve) => on.store.onDidChange(() => resolve()));
    await on.write('first', 1);
    await other;
    same(calls, 0, 'The number of calls');
  }],
  ['the file behind a target has one name', async ({ store }) => {
    same(typeof store.fileOf('user', {}), 'string', 'The type of the name');
    same(store.fileOf('user', {}), store.fileOf('user', {}), 'The name');
  }],
  ['a value that throws when it is looked at is refused by a rejection, and nothing is stored (P50)', async (on) => {
    await on.write('first', 'before');
    for (const value of throwing()) {
      const stored = await on.write('first', value).then(() => true, () => false);
      if (stored) throw new Error('It was not refused.');
      await on.holds('first', 'before');
    }
  }],
  ['a target that is not there is refused by a rejection (P22)', async (on) => {
    const missing = on.has('workspace') ? 'folder' : 'workspace';
    if (on.has(missing)) return;
    for (const call of [() => on.write('first', 1, {}, missing), () => on.store.probe(missing, {})]) {
      const reason = await on.refusal(call);
      if (reason !== 'no-workspace' && reason !== 'scope') throw new Error(`The reason is "${reason}", not "no-workspace" or "scope".`);
    }
    same(on.store.read('first', {}).layers.has('user'), false, 'The presence of a value in the user settings');
  }],
  ['the workspace wins over the user, and is where a value held there is written (P29)', async (on) => {
    same(on.store.defaultTarget('first', {}), 'user', 'The default target of a setting without a value');
    if (!on.has('workspace')) return;
    await on.write('first', 'wide');
    await on.write('first', 'narrow', {}, 'workspace');
    await on.holds('first', 'narrow', {}, 'workspace');
    same(on.store.read('first', {}).layers.get('user'), 'wide', 'The layer "user"');
    same(on.store.defaultTarget('first', {}), 'workspace', 'The default target');
  }],
  ['a probe changes nothing', async (on) => {
    await on.write('first', 1);
    await on.store.probe('user', {});
    await on.holds('first', 1);
  }],
  ['a store can be disposed twice, and calls nobody any more (P40)', async (on) => {
    let calls = 0;
    on.store.onDidChange(() => void calls++);
    on.store.dispose();
    on.store.dispose();
    await on.write('first', 1).catch(() => undefined);
    same(calls, 0, 'The number of calls of a listener');
  }],
];

/** What is so for a store whose settings are in a file that other programs save: by emptying it, or by putting another in its place. */
const promisesOfFile: readonly PromiseOfStore[] = [
  ['a file that another program is saving is not taken for what it says meanwhile, and nobody is told (F1)', async (on) => {
    await on.write('first', 'kept');
    const { file, text } = await on.file();
    let calls = 0;
    on.store.onDidChange(() => void calls++);
    for (const meanwhile of halfSaved(text)) {
      await file.save(meanwhile);
      await pause(saving);
      same(on.store.read('first', {}).effective, 'kept', 'read("first")');
      await file.save(text);
      await on.holds('first', 'kept');
    }
    same(calls, 0, 'The number of calls of a listener');
  }],
  ['a file that another program is saving is neither built on nor replaced (F1)', async (on) => {
    await on.write('first', 'kept');
    const { file, text } = await on.file();
    for (const [index, meanwhile] of halfSaved(text).entries()) {
      await file.save(meanwhile);
      const written = on.write('second', index).then(() => undefined, (error: unknown) => error);
      await pause(saving);
      await file.save(text);
      const error = await written;
      if (error instanceof StoreError && error.retryable) await on.write('second', index);
      else if (error !== undefined) throw error;
      await on.holds('first', 'kept');
      await on.holds('second', index);
    }
  }],
  [`a file that stays empty, or away, for ${settlingTime} ms is taken at its word, and can be written again (F1)`, async (on) => {
    for (const text of ['', undefined]) {
      await on.write('first', 'before');
      const { file } = await on.file();
      const told = new Promise<void>((resolve) => on.store.onDidChange(() => resolve()));
      await file.save(text);
      await told;
      same(on.store.read('first', {}).effective, undefined, 'read("first")');
      await on.write('first', 'after');
      await on.holds('first', 'after');
    }
  }],
  ['a file that is damaged is refused as "invalid-file", and left as it is (F1)', async (on) => {
    await on.write('first', 'before');
    const { file, text } = await on.file();
    const half = text.slice(0, text.length / 2);
    await file.save(half);
    for (const call of [() => on.write('first', 'after'), () => on.write('first', undefined), () => on.store.probe('user', {})]) {
      same(await on.refusal(call), 'invalid-file', 'The reason');
    }
    same(await file.read(), half, 'What the file says');
  }],
];
