import { StoreError } from '../errors.ts';
import { parseJson } from '../store/json-text.ts';
import type { Change, Refusal, Scope, Target } from '../store/store.ts';
import { same, samples, throwing, type Key, type PromiseOfStore, type Subject } from './verify-subject.ts';

/** What is promised by a store that stores several values by one save: nothing where it says that it cannot (`canCommit`). */

interface More {
  readonly scope?: Scope;
  readonly target?: Target;
  readonly expected?: Change['expected'];
}

const change = (key: Key, value: unknown, { scope = {}, target = 'user', expected }: More = {}): Change => ({
  key, value, target, scope, ...(expected === undefined ? {} : { expected }),
});

function commit({ store }: Subject, changes: readonly Change[], signal = new AbortController().signal): Promise<readonly Refusal[]> {
  if (store.commit === undefined) throw new Error('The store says that it can commit, and has no commit.');
  return store.commit(changes, { signal });
}

async function committed(on: Subject, ...changes: readonly Change[]): Promise<void> {
  same((await commit(on, changes)).map(({ index }) => index), [], 'The list of what was refused');
}

/** What a commit made of the two settings: nothing, or all. */
async function isStored(on: Subject, values: readonly [unknown, unknown]): Promise<boolean> {
  const [first, second] = await Promise.all((['first', 'second'] as const).map((key) => on.store.readBack({ key, target: 'user', scope: {} })));
  const stored = first !== undefined;
  same([first, second], stored ? values : [undefined, undefined], 'What is stored of two values');
  return stored;
}

const all: readonly PromiseOfStore[] = [
  ['values that are stored together are all read as soon as the commit has resolved, and after another load (P20)', async (on) => {
    await committed(on, change('first', 1), change('second', [2]));
    for (const _time of ['now', 'later']) {
      await on.holds('first', 1);
      await on.holds('second', [2]);
      await on.store.load();
    }
  }],
  ['every kind of JSON comes back as it was committed (P22)', async (on) => {
    for (const value of samples) {
      await committed(on, change('first', value), change('second', { inside: value }));
      await on.holds('first', value);
      await on.holds('second', { inside: value });
    }
  }],
  ['a commit removes values, and leaves alone what it does not name (P31)', async (on) => {
    await committed(on, change('first', 1), change('second', 2));
    await committed(on, change('first', undefined));
    same(on.store.read('first', {}).layers.has('user'), false, 'The presence of a value');
    await on.holds('second', 2);
  }],
  ['a commit takes values for a language beside the plain ones, and each wins for its language alone (P34)', async (on) => {
    const scope = { languageId: 'one' };
    await committed(on, change('first', 'plain'), change('first', 'for one', { scope }), change('second', undefined, { scope }));
    await on.holds('first', 'plain');
    await on.holds('first', 'for one', scope);
  }],
  ['listeners are called once all of a commit can be read (P24, P33)', async (on) => {
    const seen = new Promise<unknown>((resolve) => on.store.onDidChange(() => {
      resolve([on.store.read('first', {}).effective, on.store.read('second', {}).effective]);
    }));
    await committed(on, change('first', 'news'), change('second', 'more'));
    same(await seen, ['news', 'more'], 'What the first call reads');
  }],
  ['a commit that expects another value than is stored is refused as "newer", and nothing of it is stored (P24, P28)', async (on) => {
    await committed(on, change('first', { is: 1 }));
    for (const expected of [{ value: { is: 2 } }, { value: undefined }]) {
      same(await on.refusal(() => commit(on, [change('second', 'wrong'), change('first', 'wrong', { expected })])), 'newer', 'The reason');
    }
    await on.holds('first', { is: 1 });
    same(await on.store.readBack({ key: 'second', target: 'user', scope: {} }), undefined, 'readBack("second")');
  }],
  ['a commit that expects what is stored is stored (P28)', async (on) => {
    await committed(on, change('first', { a: 1 }, { expected: { value: undefined } }), change('second', 2));
    await committed(on, change('first', 'next', { expected: { value: { a: 1 } } }), change('second', undefined, { expected: { value: 2 } }));
    await on.holds('first', 'next');
    same(await on.store.readBack({ key: 'second', target: 'user', scope: {} }), undefined, 'readBack("second")');
  }],
  ['a change that cannot be stored is named, nothing is stored, and without it the others are (P24, P50)', async (on) => {
    const good = change('second', 'good');
    for (const value of throwing()) {
      const refusals = await commit(on, [good, change('first', value)]);
      same(refusals.map(({ index }) => index), [1], 'The list of what was refused');
      if (!(refusals[0]!.error instanceof Error)) throw new Error('The refusal has no error.');
      same(await isStored(on, [undefined, undefined]), false, 'Whether something is stored');
    }
    await committed(on, good);
    await on.holds('second', 'good');
  }],
  ['a commit given up before it began is stored as a whole and resolves, or is not stored and rejects (P24, P29)', async (on) => {
    const stored = await commit(on, [change('first', 1), change('second', 2)], AbortSignal.abort()).then(() => true, () => false);
    same(await isStored(on, [1, 2]), stored, 'Whether it is stored');
  }],
  ['commits and writes asked for together are applied in their order, and none is lost (P23)', async (on) => {
    await Promise.all([1, 2, 3].flatMap((value) => [committed(on, change('first', value), change('second', -value)), on.write('first', 10 * value)]));
    await on.holds('first', 30);
    await on.holds('second', -3);
  }],
  ['a commit at a target that is not there is refused by a rejection (P22)', async (on) => {
    const missing = on.has('workspace') ? 'folder' : 'workspace';
    if (on.has(missing)) return;
    const reason = await on.refusal(() => commit(on, [change('first', 1, { target: missing }), change('second', 1, { target: missing })]));
    if (reason !== 'no-workspace' && reason !== 'scope') throw new Error(`The reason is "${reason}", not "no-workspace" or "scope".`);
  }],
  ['a commit of nothing does nothing', async (on) => {
    await committed(on);
    same(await isStored(on, [undefined, undefined]), false, 'Whether something is stored');
  }],
  ['readBackAll tells the same of each place as readBack', async (on) => {
    if (on.store.readBackAll === undefined) return;
    await committed(on, change('second', { a: [2] }), change('first', 1, { scope: { languageId: 'one' } }));
    const places = [change('first', 0), change('second', 0), change('first', 0, { scope: { languageId: 'one' } })].map(({ value: _, ...place }) => place);
    same(await on.store.readBackAll(places), [undefined, { a: [2] }, 1], 'readBackAll');
    same(await on.store.readBackAll([]), [], 'readBackAll of nothing');
  }],
  ['no other program sees a settings file that parses and holds a part of a commit (P24)', async (on) => {
    if (!on.hasFile) return;
    await committed(on, change('first', 'before-1'), change('second', 'before-2'));
    const { file } = await on.file();
    let isOver = false;
    const after = committed(on, change('first', 'after-1'), change('second', 'after-2')).finally(() => (isOver = true));
    for (let isLast = false; !isLast;) {
      isLast = isOver;
      const text = await file.read() ?? '';
      if (parses(text)) same(text.includes('after-1'), text.includes('after-2'), 'The presence of the second value beside the first');
      // The store goes on.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await after;
  }],
];

function parses(text: string): boolean {
  try {
    return parseJson('The settings file', text) !== undefined;
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}

export const promisesOfCommit: readonly PromiseOfStore[] = all.map(([name, promise]) => [name, async (on) => {
  if (on.store.canCommit?.({ key: 'first', target: 'user', scope: {} }) === true) await promise(on);
}]);
