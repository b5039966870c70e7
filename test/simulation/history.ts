import type { Backend, Change } from './backend.ts';
import { tagOf, type Life, type Operation } from './life.ts';
import { linearizable, type RegisterOperation, type Verdict } from './linearizable.ts';
import { told, type Told } from './promises.ts';
import { asRead, same, text, type Key } from './settings.ts';

/** A moment at which somebody opened the settings file and looked, and nothing was on its way to it. */
export interface Look {
  readonly at: number;
  readonly value: unknown;
}

type Register = RegisterOperation<unknown>;

/**
 * The history of one slot as one life saw it (P21, P23), or for a list, which is only ever appended to, as all lives
 * did (P28): is there an order of the writes that explains every look?
 */
export function judge(slot: string, key: Key, lives: readonly Life[], backend: Backend, looks: readonly Look[]): Verdict {
  const operations = lives.flatMap((life) => life.operationsAt(slot));
  const changes = backend.changesOf(slot);
  /** The texts of the values that these operations were told this of. */
  const textsOf = (is: (what: Told) => boolean): ReadonlySet<string> => new Set(operations.flatMap((operation) => (is(told(operation, key)) ? [text(operation.values.get(key))] : [])));
  const mayBeStored = textsOf((what) => what !== 'not stored');
  const inDoubt = textsOf((what) => what === 'unknown');
  const byNumber = new Map(lives.map((life) => [life.number, life]));
  const fromOutside = changes.map((change) => isOutside(change, byNumber, changes));
  const outside = changes.flatMap((change, index) => (fromOutside[index]! ? [{ ...change, mayBeLost: change.corrupt || isTakenForOwn(change) || isBuried(index) || asRead(key, change.value) === undefined }] : []));
  const lost = new Set(outside.flatMap(({ order, mayBeLost }) => (mayBeLost ? [order] : [])));
  /** It cannot be told from a write that may land late, and so be undone. */
  function isTakenForOwn({ value }: Change): boolean {
    return mayBeStored.has(text(value));
  }
  /** Of an own write, nobody knows whether it was stored. */
  function isInDoubt({ value }: Change): boolean {
    return inDoubt.has(text(value));
  }
  /** Such a write, or one that was late, has fallen on it, or on what came right after from outside or in doubt: nobody may have known of it. */
  function isBuried(index: number): boolean {
    const next = changes[index + 1];
    if (next === undefined) return false;
    if (fromOutside[index + 1]!) return isTakenForOwn(next) || isBuried(index + 1);
    return next.late || (isInDoubt(next) && isBuried(index + 1));
  }
  /** Over what could be taken for nobody's or their own, or over what fell on that late. */
  function isOverLost(index: number): boolean {
    const before = changes[index - 1];
    if (before === undefined) return false;
    return lost.has(before.order) || (!fromOutside[index - 1]! && (isInDoubt(before) || before.late) && isOverLost(index - 1));
  }
  /** Over a removal of another life, that could be taken for an own one, landing late. */
  function isOverAnothersRemoval({ by }: Change, index: number): boolean {
    const before = changes[index - 1];
    return before?.by !== undefined && before.value === undefined && before.by.life !== by?.life
      && operations.some((operation) => operation.life.number === by?.life && operation.values.get(key) === undefined && told(operation, key) !== 'not stored');
  }
  /** The removal of a transaction is taken back, which another life had found done when it removed the same. */
  function isAnothersRemovalToo({ by, order }: Change, index: number): boolean {
    const before = changes[index - 1];
    return before?.by !== undefined && before.value === undefined && before.by.life === by?.life
      && operations.some(({ life, values, answered = Infinity }) => life.number !== by?.life && values.has(key) && values.get(key) === undefined && answered > before.order && answered < order);
  }
  /** The end of a transaction that was rolled back too late to tell. */
  function isLateRollback({ late, value }: Change, index: number): boolean {
    const [older, before] = [changes[index - 2], changes[index - 1]];
    return late && before !== undefined && isInDoubt(before) && same(older?.value, value);
  }
  /** What looks like half of a transaction, left by a process that has ended: others may have stored since what it had stored. */
  function isUndoneHalf({ by, value }: Change, index: number): boolean {
    const there = changes[index - 1];
    const isAnothers = (change: Change | undefined): boolean => change?.by !== undefined && change.by.life !== by?.life;
    // Perhaps put back since by this life, which has rolled back what it had stored over it.
    return there !== undefined && changes.slice(0, index).some((half, at) => isAnothers(half) && same(half.value, there.value) && (same(changes[at - 1]?.value, value) || same(beforeOf(half, at), value)));
  }
  /** What was there before a life began to write: a corrupted value may come from an earlier attempt of the same write. */
  function beforeOf({ by }: Change, index: number): unknown {
    return changes.slice(0, index).findLast((earlier) => !earlier.corrupt || earlier.by?.life !== by?.life)?.value;
  }
  /** A transaction rolled back, or a write mended. */
  const restored = changes.filter((change, index) => !fromOutside[index]! && !same(change.value, changes[index - 1]?.value) && (isOverLost(index) || isOverAnothersRemoval(change, index) || isAnothersRemovalToo(change, index) || isLateRollback(change, index) || isUndoneHalf(change, index)));
  const shown = new Set([...looks, ...outside.map(({ value }) => ({ value }))].map(({ value }) => text(value)));
  return linearizable<unknown>([
    ...operations.flatMap((operation) => asWrites(operation, key, changes, shown)),
    ...outside.map(({ order, value, mayBeLost }): Register => ({ name: 'from outside', called: order, returned: order, optional: mayBeLost, apply: () => ({ state: value }) })),
    ...restored.map(({ order, value }): Register => ({ name: 'restored', called: order, returned: order, optional: true, apply: () => ({ state: value }) })),
    ...looks.map(({ at, value }): Register => ({ name: 'look', called: at, returned: at, optional: false, apply: (state) => (same(state, value) ? { state } : undefined) })),
  ], undefined, text);
}

/**
 * Not by these lives, or after their end, or late and so shortly before it that they could not mend it. What the store
 * made of its own is nobody's.
 */
function isOutside({ by, order, corrupt, late, slot }: Change, lives: ReadonlyMap<number, Life>, changes: readonly Change[]): boolean {
  const life = by && lives.get(by.life);
  if (life === undefined || corrupt || order > life.ended) return true;
  return late && life.isOver && !changes.some((next) => next.slot === slot && next.order > order && next.order < life.ended);
}

function asWrites(operation: Operation, key: Key, changes: readonly Change[], shown: ReadonlySet<string>): Register[] {
  const { number, called, answered = Infinity, kind, values, life } = operation;
  const what = told(operation, key);
  if (what === 'not stored') return [];
  const optional = what === 'unknown' || what === 'nothing';
  const value = values.get(key);
  const tag = kind === 'append' ? tagOf(value) : undefined;
  const isShown = tag === undefined ? shown.has(text(value)) : [...shown].some((each) => each.includes(JSON.stringify(tag)));
  // A list that is gone begins again with what is served.
  const isRemovalOfList = key === 'list' && value === undefined;
  // What may have happened, and left no trace, need not be tried.
  if (optional && !isShown && !isRemovalOfList) return [];
  // The last one counts: what somebody removed before it was acknowledged is computed again.
  const appended = tag === undefined ? [] : changes.filter(({ value: stored }, index) => isNewIn(stored, changes[index - 1]?.value, tag));
  const first = appended.findLast(({ order }) => order < answered) ?? appended[0];
  const apply: Register['apply'] = tag === undefined
    ? () => ({ state: value })
    // Where nothing is stored the list begins with what is served then.
    : (state) => ({ state: Array.isArray(state) ? [...state, tag] : upTo(first?.value, tag) });
  const once: Register = { name: `operation ${number}`, called, returned: optional ? Infinity : answered, optional, apply };
  // Of an attempt that is refused, and stored all the same, nobody can tell what became of it when others have built on it.
  const lied = tag !== undefined && changes.some(({ by }, index) => by?.lied === true && by.life === life.number && isNewIn(by.value, changes[index - 1]?.value, tag));
  return lied ? [once, { ...once, returned: Infinity, optional: true }] : [once];
}

/** It is the last of a list, or, as one of several that were appended by one save, was not in it before. */
function isNewIn(stored: unknown, before: unknown, tag: string | undefined): boolean {
  if (tag === undefined || !Array.isArray(stored)) return false;
  return stored.at(-1) === tag || (stored.includes(tag) && !(Array.isArray(before) && before.includes(tag)));
}

/** Where nothing was, a list begins with what was served, and ends with this. */
function upTo(list: unknown, tag: string): unknown {
  return Array.isArray(list) ? list.slice(0, list.indexOf(tag) + 1) : [tag];
}

/** The history, for people. */
export function tell(slot: string, key: Key, lives: readonly Life[], backend: Backend, looks: readonly Look[]): string {
  const operations = lives.flatMap((life) => life.operationsAt(slot));
  const lines: [number, string][] = [
    ...operations.flatMap((operation): [number, string][] => {
      const { number, kind, called, answered, values, life } = operation;
      const name = `operation ${number} of life ${life.number}`;
      return [[called, `${name}: ${kind} ${text(values.get(key))}`], [answered ?? Infinity, `${name}: ${told(operation, key)}`]];
    }),
    ...backend.changesOf(slot).map(({ order, value, by, late, corrupt }): [number, string] => (
      [order, `  stored ${text(value)}${by === undefined ? ' from outside' : ` by life ${by.life}`}${late ? ', late' : ''}${corrupt ? ', corrupt' : ''}`])),
    ...looks.map(({ at, value }): [number, string] => [at, `  looked: ${text(value)}`]),
  ];
  return lines.sort(([a], [b]) => a - b).map(([at, line]) => `\n        ${at}: ${line}`).join('');
}
