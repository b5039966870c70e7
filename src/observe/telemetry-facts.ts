import { layers } from '../store/store.ts';
import { errorFacts } from './error-facts.ts';
import type { ObservedService } from './observed-service.ts';
import { shortened } from './safe-data.ts';
import { attributes } from './telemetry-names.ts';

/*
 * What may leave the machine. Keys, states, codes and times do; values do not, and neither do texts that others have
 * written (messages of errors, stacks), which may quote a value, nor paths, which name people.
 */

export type Attributes = Record<string, string | number | boolean | string[]>;

/** Longest name taken from elsewhere, in characters. */
const longest = 100;

/** What may be told of one service. */
export class TelemetryFacts {
  /** On everything. */
  readonly service: Readonly<Attributes>;
  readonly isGuard: boolean;
  readonly #keys: ReadonlySet<string>;
  readonly #files = new Map<string, string>();

  constructor({ id, kind, definition }: ObservedService) {
    this.isGuard = kind === 'guard';
    this.service = { [attributes.name]: shortened(definition.section || id, longest), [attributes.id]: shortened(id, longest) };
    this.#keys = new Set(definition.keys);
  }

  /** A caller may have given anything as a key. */
  key(key: string): string {
    return this.#keys.has(key) ? key : '(not a setting)';
  }

  keys(keys: readonly string[]): string[] {
    return keys.map((key) => this.key(key));
  }

  /** The last part of a settings file's name; another file of that name is numbered. */
  file(file: string): string {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const base = shortened(file.split(/[/\\]/).at(-1) || 'settings', longest);
    const taken = new Set(this.#files.values());
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base} (${number})`;
    this.#files.set(file, name);
    return name;
  }

  /** A guard has none. */
  fileOf(file: string): Attributes {
    return this.isGuard ? {} : { [attributes.file]: this.file(file) };
  }

  /** Which error it is, without what it says. */
  error(error: unknown): Attributes {
    const { name, code, reason } = errorFacts(error);
    return {
      [attributes.errorType]: identifier(code ?? name),
      ...(reason === undefined ? {} : { [attributes.errorReason]: identifier(reason) }),
    };
  }
}

const words: ReadonlySet<string> = new Set([
  ...layers, 'healthy', 'degraded', 'unhealthy', 'CLOSED', 'HALF_OPEN', 'OPEN',
  'stored', 'not stored', 'unknown', 'last good value', 'workspace trust', 'transaction',
]);

/** One of the library's own words for a state, an outcome or a layer. */
export function isWord(text: string): boolean {
  return words.has(text);
}

/** The name of a class, a code, or a reason in lower case: anything else may be a text, or a token. */
export function identifier(text: string): string {
  return text.length <= 60 && /^([A-Z][A-Za-z0-9_]*|[a-z]+(-[a-z]+)*)$/.test(text) ? text : '(another)';
}
