import * as yup from 'yup';
import { defineSettings, type SettingsDefinition } from '../../src/settings/define-settings.ts';
import type { Scope, Target } from '../../src/store/store.ts';

/** The settings of the simulation: one of each kind that behaves differently. */
const declared = defineSettings('sim', {
  count: { schema: yup.number().integer().min(1).max(1_000_000), default: 3, description: 'A number' },
  name: { schema: yup.string().trim().lowercase().max(50), default: 'none', description: 'A text that is sanitised' },
  list: { schema: yup.array(yup.string().defined()).defined(), default: [] as string[], description: 'A list, appended to' },
  tree: { schema: yup.object({ a: yup.number(), b: yup.number() }), default: {}, description: 'An object, merged from its layers' },
  token: { schema: yup.string().max(100), default: '', description: 'A secret', secret: true },
  tool: { schema: yup.string(), default: '', description: 'Makes code run', restricted: true },
});
export type Values = typeof declared extends SettingsDefinition<infer V> ? V : never;
export type Key = keyof Values;

/** The same, but that each value is checked once: nothing in a simulated world changes a value, and a schema always says the same of it. */
export const definition: typeof declared = { ...declared, check: remembering(declared.check), accept: remembering(declared.accept) };
export const keys = definition.keys;

/** Where the simulation writes. */
export const places = {
  user: { target: 'user', scope: {} },
  workspace: { target: 'workspace', scope: {} },
  folder: { target: 'folder', scope: { resource: 'file:///w/a/main.ts' } },
  language: { target: 'user', scope: { languageId: 'ts' } },
} as const satisfies Record<string, { target: Target; scope: Scope }>;
export type PlaceName = keyof typeof places;
export const placeNames = Object.keys(places) as PlaceName[];

/** Asks once for each key and value. */
function remembering<A>(ask: (key: string, raw: unknown) => A): (key: string, raw: unknown) => A {
  const known = new Map<string, { readonly plain: Map<unknown, A>; readonly objects: WeakMap<object, A> }>();
  return (key, raw) => {
    let ofKey = known.get(key);
    if (ofKey === undefined) known.set(key, (ofKey = { plain: new Map(), objects: new WeakMap() }));
    const answers = (typeof raw === 'object' && raw !== null ? ofKey.objects : ofKey.plain) as Map<unknown, A>;
    let answer = answers.get(raw);
    if (answer === undefined) answers.set(raw, (answer = ask(key, raw)));
    return answer;
  };
}

/** For whom the simulation reads: the window, a file in the folder, a language. */
export const readers: readonly (Scope | undefined)[] = [undefined, places.folder.scope, places.language.scope];

const isText = (raw: unknown): raw is string => typeof raw === 'string';
const isObject = (raw: unknown): raw is Record<string, unknown> => typeof raw === 'object' && raw !== null && !Array.isArray(raw);
const isNumberOrNothing = (raw: unknown): boolean => raw === undefined || typeof raw === 'number';

const rules: Readonly<Record<Key, (raw: unknown) => boolean>> = {
  count: (raw) => typeof raw === 'number' && Number.isInteger(raw) && raw >= 1 && raw <= 1_000_000,
  name: (raw) => isText(raw) && raw.trim().length <= 50,
  list: (raw) => Array.isArray(raw) && raw.every(isText),
  tree: (raw) => isObject(raw) && isNumberOrNothing(raw['a']) && isNumberOrNothing(raw['b']),
  token: (raw) => isText(raw) && raw.length <= 100,
  tool: isText,
};

/** What a reader must see of a stored value, or `undefined` when it is not legal. Written without the definition's schemas. */
export function asRead(key: Key, raw: unknown): { readonly value: unknown } | undefined {
  if (!rules[key](raw)) return undefined;
  return { value: key === 'name' ? (raw as string).trim().toLowerCase() : raw };
}

/** A value that throws when it is looked at, in whatever way. */
export function unreadable(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** A value that belongs to `number` alone, so that what is stored tells whose it is. */
export function ownValue(key: Key, number: number): unknown {
  switch (key) {
    case 'count': return 1_000 + number;
    case 'name': return `n${number}`;
    case 'list': return [`i${number}`];
    case 'tree': return { a: number };
    case 'token': return `secret-${number}`;
    case 'tool': return `t${number}`;
  }
}

/** Values a person or another program may leave behind, none of them legal. */
export const garbage: Readonly<Record<Exclude<Key, 'list'>, readonly unknown[]>> = {
  count: ['many', 0, 1.5, null, [1]],
  name: [7, null, 'x'.repeat(51), { text: 'none' }],
  tree: ['tree', null, { a: 'one' }, []],
  token: [1, 'x'.repeat(101), null],
  tool: [false, {}, null],
};

/** As VS Code merges layers: objects member by member, everything else as a whole. */
export function mergedLayers(values: readonly unknown[]): unknown {
  return values.reduce((below, above) => (isObject(below) && isObject(above) ? { ...below, ...above } : above), undefined);
}

const isTextList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

/** Equality of JSON, by its text with sorted names. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (isTextList(a) && isTextList(b)) return a.length === b.length && a.every((member, index) => member === b[index]);
  return text(a) === text(b);
}

export function text(value: unknown): string {
  if (typeof value !== 'object' || isTextList(value)) return JSON.stringify(value) ?? 'nothing';
  return JSON.stringify(value, (_name, member: unknown) => (
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member));
}

/** What is frozen once remains so. */
const deeplyFrozen = new WeakSet();

export function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || deeplyFrozen.has(value)) return true;
  const isFrozen = Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
  if (isFrozen) deeplyFrozen.add(value);
  return isFrozen;
}
