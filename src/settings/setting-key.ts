/** Longest key accepted, in characters. */
const maxKeyLength = 256;

const reserved = ['__proto__', 'constructor', 'prototype'];

const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Why `name` can name neither a setting nor a section, whatever the definition says (traversal, injection, control characters); `undefined` when it can. */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is not a text';
  if (name === '') return 'is empty';
  if (name.length > maxKeyLength) return `is longer than ${maxKeyLength} characters`;
  if (controlCharacter.test(name)) return 'contains a control character';
  if (name.includes('..')) return 'contains ".."';
  if (name.startsWith('.') || name.endsWith('.')) return 'begins or ends with "."';
  if (/[<>"']/.test(name)) return 'contains one of < > " \'';
  return name.split('.').some((part) => reserved.includes(part)) ? 'is a reserved name' : undefined;
}

/** Why `key` cannot be a key of `section`, or `undefined` when it can. */
export function keyProblem(section: string, key: unknown): string | undefined {
  const problem = nameProblem(key);
  if (problem !== undefined) return problem;
  return section !== '' && (key as string).startsWith(`${section}.`) ? `repeats the section: leave out "${section}."` : undefined;
}

/** The whole name of a setting, as it stands in settings.json. A definition of several sections has none of its own, and whole names as keys. */
export function settingName(section: string, key: string): string {
  return section === '' ? key : `${section}.${key}`;
}

/** The key of a setting by its whole name; `undefined`: it is in another section. */
export function keyOf(section: string, name: string): string | undefined {
  if (section === '') return name;
  return name.startsWith(`${section}.`) ? name.slice(section.length + 1) : undefined;
}

/** The sections that a definition's settings are in: the first part of their names. */
export function sectionsOf({ section, keys, formerKeys }: { readonly section: string; readonly keys: readonly string[]; readonly formerKeys: ReadonlyMap<string, string> }): readonly string[] {
  return section === '' ? firstParts([...keys, ...formerKeys.keys()]) : [section];
}

/** What a definition is called where it needs a name: the section of its settings, or all of them. */
export function sectionsName({ section, keys }: { readonly section: string; readonly keys: readonly string[] }): string {
  return section === '' ? firstParts(keys).join('+') : section;
}

const firstParts = (names: readonly string[]): string[] => [...new Set(names.map((name) => name.split('.', 1)[0]!))];

/** Characters that JSON leaves as they are, and that a terminal or an editor would obey. */
const disguised = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A key of any kind as a short text that is safe to show. */
export function showKey(key: unknown): string {
  if (typeof key !== 'string') return `(${key === null ? 'null' : typeof key})`;
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  return JSON.stringify(shown).slice(1, -1).replace(disguised, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
