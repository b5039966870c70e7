import * as yup from 'yup';

/** Longest key accepted, in characters. */
const maxKeyLength = 256;

const reserved = ['__proto__', 'constructor', 'prototype'];

const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** The rules every key obeys, whatever the definition says (specification: traversal, injection, control characters). */
export const settingKey = yup.string()
  .strict()
  .required('is empty')
  .max(maxKeyLength, `is longer than ${maxKeyLength} characters`)
  .test('control', 'contains a control character', (key) => !controlCharacter.test(key))
  .test('traversal', 'contains ".."', (key) => !key.includes('..'))
  .test('parts', 'begins or ends with "."', (key) => !key.startsWith('.') && !key.endsWith('.'))
  .test('injection', 'contains one of < > " \'', (key) => !/[<>"']/.test(key))
  .test('reserved', 'is a reserved name', (key) => !key.split('.').some((part) => reserved.includes(part)));

/** Why `key` cannot be a key of `section`, or `undefined` when it can. */
export function keyProblem(section: string, key: unknown): string | undefined {
  // Not left to the schema, which takes a `String` object for a text, and looks at what must not be looked at.
  if (typeof key !== 'string') return 'is not a text';
  try {
    settingKey.validateSync(key, { abortEarly: true });
  } catch (error) {
    return (error as yup.ValidationError).message;
  }
  return key.startsWith(`${section}.`) ? `repeats the section: leave out "${section}."` : undefined;
}

/** Characters that JSON leaves as they are, and that a terminal or an editor would obey. */
const disguised = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A key of any kind as a short text that is safe to show. */
export function showKey(key: unknown): string {
  if (typeof key !== 'string') return `(${key === null ? 'null' : typeof key})`;
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  return JSON.stringify(shown).slice(1, -1).replace(disguised, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
