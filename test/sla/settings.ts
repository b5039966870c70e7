/** The settings of the simulated extension. Each value says which write it came from. */
export const scalars = ['projectName', 'greeting', 'port', 'budget'] as const;
export type Scalar = (typeof scalars)[number];
export type Key = Scalar | 'recent' | 'canary';
export const keys: readonly Key[] = [...scalars, 'recent', 'canary'];

/** `recent` holds this many entries: the oldest gives way. */
export const recentLength = 20;

export const defaults: Readonly<Record<Key, unknown>> = { projectName: 'untitled', greeting: 'hello', port: 3000, budget: 10, recent: [], canary: '' };

const isName = (value: unknown): boolean => typeof value === 'string' && value.length <= 40;
const isNumber = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 9_999_999;

/** Would the setting's schema accept it? */
export const legal: Readonly<Record<Key, (value: unknown) => boolean>> = {
  projectName: isName,
  greeting: isName,
  canary: isName,
  port: isNumber,
  budget: isNumber,
  recent: (value) => Array.isArray(value) && value.length <= recentLength && value.every(isName),
};

const firstNumber = 1_000_000;

/** What the write of this number stores. */
export function valueOf(key: Key, write: number): string | number {
  return key === 'port' || key === 'budget' ? firstNumber + write : `w-${write}`;
}

/** The number of the write that a value came from; `undefined`: none of ours. */
export function writeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= firstNumber ? value - firstNumber : undefined;
  return typeof value === 'string' && value.startsWith('w-') ? Number(value.slice(2)) : undefined;
}

/** What somebody else stores. */
export function outsideValue(key: Key, number: number): string | number {
  return key === 'port' || key === 'budget' ? 1 + number : `outside-${number}`;
}

export const garbageOf = (key: Scalar): unknown => (key === 'port' || key === 'budget' ? 'a lot' : { of: 'no use' });

/** Puts an entry at the end of `recent`. */
export function appended(list: unknown, entry: string): readonly string[] {
  const before = Array.isArray(list) ? list as readonly string[] : [];
  return [...before.slice(-(recentLength - 1)), entry];
}
