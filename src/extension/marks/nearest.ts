import { distance } from './distance.ts';

/** What a JSON Schema of `src/settings/manifest.ts` may say of a value. */
export interface Rules {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Quick fixes offered at most. */
const most = 3;

/**
 * Legal values near an illegal one, the nearest first.
 * @param check the legal value that stands for a candidate, or `undefined` when it is not legal
 */
export function nearestLegal(value: unknown, rules: Rules, check: (candidate: unknown) => { readonly value: unknown } | undefined): unknown[] {
  const found: unknown[] = [];
  for (const candidate of candidates(value, rules)) {
    const legal = check(candidate);
    if (legal === undefined || found.some((other) => JSON.stringify(other) === JSON.stringify(legal.value))) continue;
    found.push(legal.value);
    if (found.length === most) break;
  }
  return found;
}

function candidates(value: unknown, rules: Rules): unknown[] {
  const types = [rules.type ?? []].flat();
  if (rules.enum !== undefined) return nearestOf(rules.enum, value);
  if (types.includes('integer') || types.includes('number')) return numbers(value, rules, types.includes('integer'));
  if (types.includes('boolean')) return booleans(value);
  if (types.includes('string')) return texts(value, rules);
  if (types.includes('array')) return lists(value, rules);
  return [];
}

function nearestOf(choices: readonly unknown[], value: unknown): unknown[] {
  const text = String(value).toLowerCase();
  return [...choices].sort((a, b) => distance(text, String(a).toLowerCase()) - distance(text, String(b).toLowerCase()));
}

function numbers(value: unknown, { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Rules, whole: boolean): number[] {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  if (!Number.isFinite(number)) return [];
  const step = whole ? 1 : Number.EPSILON * Math.max(1, Math.abs(number));
  const low = Math.max(minimum ?? -Infinity, (exclusiveMinimum ?? -Infinity) + step);
  const high = Math.min(maximum ?? Infinity, (exclusiveMaximum ?? Infinity) - step);
  const within = (n: number): number => Math.min(high, Math.max(low, n));
  return whole ? [within(Math.round(number)), within(Math.floor(number)), within(Math.ceil(number))] : [within(number)];
}

function booleans(value: unknown): boolean[] {
  if (/^\s*(true|yes|on|1)\s*$/i.test(String(value))) return [true];
  return /^\s*(false|no|off|0)\s*$/i.test(String(value)) ? [false] : [];
}

function texts(value: unknown, { maxLength }: Rules): string[] {
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  if (typeof value !== 'string') return [];
  const short = maxLength === undefined ? value : value.slice(0, maxLength);
  // What the rules of paths and names refuse most: characters that nobody sees or needs.
  return [short, short.trim(), short.replace(/[\u0000-\u001f\u007f<>"|*?]/g, ''), short.replace(/(^|[\\/])\.\.(?=[\\/]|$)/g, '').replace(/^[\\/]+/, '')];
}

function lists(value: unknown, { maxItems }: Rules): unknown[] {
  if (!Array.isArray(value)) return value === null || typeof value === 'object' ? [] : [[value]];
  return maxItems === undefined ? [] : [value.slice(0, maxItems)];
}
