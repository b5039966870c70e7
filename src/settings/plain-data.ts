/**
 * Settings are JSON. This is the gate every value passes, on its way in and on its way out: what comes
 * through is a deeply frozen copy that nobody else holds (P32), and what is not JSON is refused with a
 * reason (P50), whatever it does when looked at.
 */

/** Longest text accepted, in UTF-16 units, over the whole value: settings files are read by people. */
export const maxTextLength = 1_000_000;
/** Most objects, arrays, and members accepted in one value. */
export const maxMembers = 100_000;
/** Deepest nesting accepted. */
export const maxDepth = 32;

const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype']);

export type PlainData = null | boolean | number | string | readonly PlainData[] | { readonly [name: string]: PlainData };

export type PlainDataResult =
  | { readonly ok: true; readonly value: PlainData }
  | { readonly ok: false; readonly problem: string };

class NotPlain extends Error {}

/** A frozen copy of `value`, or what keeps it from being plain data. Never throws. */
export function plainData(value: unknown): PlainDataResult {
  const budget = { text: maxTextLength, members: maxMembers };
  try {
    return { ok: true, value: copy(value, [], budget) };
  } catch (error) {
    const problem = error instanceof NotPlain ? error.message : 'cannot be read: looking at it throws';
    return { ok: false, problem };
  }
}

/** What may still come, over the whole value. */
interface Budget {
  text: number;
  members: number;
}

function copy(value: unknown, ancestors: readonly object[], budget: Budget): PlainData {
  switch (typeof value) {
    case 'string':
      spendText(budget, value);
      return value;
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new NotPlain('contains a number that JSON cannot hold (NaN or Infinity)');
      return value === 0 ? 0 : value;
    case 'object':
      return value === null ? null : copyObject(value, ancestors, budget);
    default:
      throw new NotPlain(`contains ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}, which JSON cannot hold`);
  }
}

function copyObject(value: object, ancestors: readonly object[], budget: Budget): PlainData {
  if (ancestors.includes(value)) throw new NotPlain('contains itself');
  if (ancestors.length >= maxDepth) throw new NotPlain(`is nested deeper than ${maxDepth} levels`);
  const inside = [...ancestors, value];

  if (Array.isArray(value)) {
    // By index: the array's own iterator may be endless.
    const { length } = value;
    spendMembers(budget, length);
    const result: PlainData[] = [];
    for (let index = 0; index < length; index++) result.push(copy(value[index], inside, budget));
    return Object.freeze(result);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) {
    throw new NotPlain('contains an object that is not plain data');
  }
  const names = Reflect.ownKeys(value);
  spendMembers(budget, names.length);
  const result: Record<string, PlainData> = {};
  for (const name of names) {
    if (typeof name === 'symbol') throw new NotPlain('contains a symbol, which JSON cannot hold');
    if (forbiddenNames.has(name)) throw new NotPlain(`contains a member named "${name}"`);
    spendText(budget, name);
    const property = Reflect.getOwnPropertyDescriptor(value, name);
    if (property?.get !== undefined || property?.set !== undefined) throw new NotPlain('contains an accessor, which JSON cannot hold');
    result[name] = copy((value as Record<string, unknown>)[name], inside, budget);
  }
  return Object.freeze(result);
}

function spendText(budget: Budget, text: string): void {
  budget.text -= text.length;
  if (budget.text < 0) throw new NotPlain(`is longer than ${maxTextLength} characters`);
}

function spendMembers(budget: Budget, members: number): void {
  budget.members -= members;
  if (budget.members < 0) throw new NotPlain(`has more than ${maxMembers} members`);
}

/** Whether it is a promise, of which nobody waits for the end: its rejection is not left unhandled. */
export function isPromise(value: unknown): boolean {
  try {
    if (!(value instanceof Promise)) return false;
    value.catch(() => undefined);
    return true;
  } catch {
    // A proxy that throws when it is looked at.
    return false;
  }
}

/** The same for every promise in a value that is not plain data. May throw what looking at it throws. */
export function hush(value: unknown, seen = new Set<unknown>()): void {
  if (isPromise(value) || typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const member of Object.values(value)) hush(member, seen);
}

/** Equality of plain data; the order of an object's members does not matter. */
export function sameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameData(item, b[i]));
  }
  const names = Object.keys(a);
  return names.length === Object.keys(b).length
    && names.every((name) => Object.hasOwn(b, name) && sameData((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]));
}
