/**
 * Anything at all as JSON data of bounded size, for logs and diagnostics files. Whatever the value does
 * when it is looked at (it refers to itself, its getters throw, it is endless), this does not throw.
 */

export interface Bounds {
  /** Deepest nesting. Default 5. */
  readonly depth: number;
  /** Members of one object, and items of one array. Default 50. */
  readonly members: number;
  /** Objects, arrays and their members over the whole value. Default 500. */
  readonly total: number;
  /** Characters of one text. Default 1,000. */
  readonly text: number;
}

export const defaultBounds: Bounds = { depth: 5, members: 50, total: 500, text: 1_000 };

/** Larger numbers take long to be written out. */
const largeBigInt = 10n ** 100n;

export type SafeData = null | boolean | number | string | SafeData[] | { [name: string]: SafeData };

export function safeData(value: unknown, bounds: Partial<Bounds> = {}): SafeData {
  return new Copier({ ...defaultBounds, ...bounds }).copy(value);
}

/** A text no longer than `length`, and what it says of the rest. */
export function shortened(text: string, length: number = defaultBounds.text): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}

/** `object[name]`, or `undefined` when that throws. */
export function member(object: unknown, name: string): unknown {
  try {
    return (object as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

class Copier {
  readonly #bounds: Bounds;
  readonly #ancestors: object[] = [];
  #left: number;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.#left = bounds.total;
  }

  copy(value: unknown): SafeData {
    switch (typeof value) {
      case 'string': return shortened(value, this.#bounds.text);
      case 'boolean': return value;
      case 'number': return Number.isFinite(value) ? value : String(value);
      case 'bigint': return value > -largeBigInt && value < largeBigInt ? `${value}n` : '(a large BigInt)';
      case 'undefined': return '(undefined)';
      case 'symbol': return '(symbol)';
      case 'function': return '(function)';
      case 'object': return value === null ? null : this.#copyObject(value);
    }
  }

  #copyObject(value: object): SafeData {
    if (this.#ancestors.includes(value)) return '(circular)';
    if (this.#ancestors.length >= this.#bounds.depth) return '(nested too deeply)';
    this.#ancestors.push(value);
    try {
      if (Array.isArray(value)) return this.#copyArray(value);
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? '(invalid date)' : value.toISOString();
      if (value instanceof Error) return this.#copyMembers(value, ['name', 'message', 'code']);
      if (value instanceof Map || value instanceof Set) return this.#copyArray(first(value, this.#bounds.members + 1));
      return this.#copyMembers(value, Object.keys(value));
    } catch {
      return '(cannot be read)';
    } finally {
      this.#ancestors.pop();
    }
  }

  #copyArray(items: readonly unknown[]): SafeData {
    const { length } = items;
    const result: SafeData[] = [];
    for (let index = 0; index < length; index++) {
      if (!this.#spend(index)) {
        result.push('(more)');
        break;
      }
      const copied = this.#read(items, index);
      result.push(copied === undefined ? '(undefined)' : copied);
    }
    return result;
  }

  #copyMembers(value: object, names: readonly string[]): SafeData {
    const result: Record<string, SafeData> = {};
    for (const [index, name] of names.entries()) {
      if (!this.#spend(index)) {
        result['…'] = '(more)';
        break;
      }
      const copied = this.#read(value, name);
      if (copied === undefined) continue;
      // Not by assignment, which for `__proto__` would do something else.
      Object.defineProperty(result, shortened(name, 100), { value: copied, enumerable: true, configurable: true, writable: true });
    }
    return result;
  }

  #spend(index: number): boolean {
    return index < this.#bounds.members && this.#left-- > 0;
  }

  #read(holder: object, name: string | number): SafeData | undefined {
    let value: unknown;
    try {
      value = (holder as Record<string | number, unknown>)[name];
    } catch {
      return '(its getter throws)';
    }
    return value === undefined ? undefined : this.copy(value);
  }
}

function first(items: Iterable<unknown>, count: number): unknown[] {
  const result: unknown[] = [];
  for (const item of items) {
    result.push(item);
    if (result.length === count) break;
  }
  return result;
}
