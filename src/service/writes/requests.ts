import { ValidationError } from '../../errors.ts';
import { asSignal, type CallerSignal } from '../../guard/signals.ts';
import type { SettingsDefinition } from '../../settings/define-settings.ts';
import { isPromise } from '../../settings/plain-data.ts';
import { targets, type Scope, type Store, type Target } from '../../store/store.ts';
import { asScope, type ConfigurationScope } from '../reads/configuration-scope.ts';
import { oldValues } from '../reads/former-values.ts';
import type { UpdateOptions } from '../options.ts';
import { asStoreError } from './outcome.ts';
import type { Asked, Change } from './asked.ts';
import type { SettingLocation } from './location.ts';

/** What callers ask for, held against the definition: whatever is not legal is refused here, before anything happens (P7, P50). */
export class Requests {
  readonly #definition: SettingsDefinition;
  readonly #store: Store;

  constructor(definition: SettingsDefinition, store: Store) {
    this.#definition = definition;
    this.#store = store;
  }

  /** @throws ValidationError the key, the target or the scope is not valid; StoreError there is no such target now */
  location(key: string, options: UpdateOptions): SettingLocation {
    this.#validateKey(key);
    const scope = toScope(options.scope ?? options);
    const { target = this.#defaultTarget(key, scope) } = options;
    return this.#beside({ target, scope }, key);
  }

  /** A setting at that target: each may be in another file. */
  #beside({ target, scope }: Pick<SettingLocation, 'target' | 'scope'>, key: string): SettingLocation {
    return { key, target, scope, file: this.#ask((store) => store.fileOf(target, scope, key)) };
  }

  /** Where the setting, or what it was in earlier versions, has a value already: a wider place would be overridden. */
  #defaultTarget(key: string, scope: Scope): Target {
    const names = [key, ...this.#definition.declarations[key]?.formerly?.flatMap((former) => former.key ?? []) ?? []];
    const holding = names.map((name) => this.#ask((store) => store.defaultTarget(name, scope)));
    return targets.findLast((target) => holding.includes(target)) ?? holding[0]!;
  }

  #ask<T>(question: (store: Store) => T): T {
    try {
      return question(this.#store);
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** @throws ValidationError */
  value(key: string, value: unknown): unknown {
    this.#validateKey(key);
    return value === undefined ? undefined : this.#definition.validate(key, value);
  }

  /**
   * A value, or a function of the stored one. The function sees `current` instead, when nothing legal is stored.
   * @throws ValidationError
   */
  asked(key: string, value: unknown, current: () => unknown): Asked {
    if (typeof value !== 'function') return { kind: 'value', value: this.value(key, value) };
    return {
      kind: 'update',
      compute: (stored) => {
        const checked = stored === undefined ? undefined : this.#definition.accept(key, stored);
        return this.value(key, computed(key, value as (current: unknown) => unknown, checked?.ok === true ? checked.value : current()));
      },
    };
  }

  /**
   * The values of a transaction, by key.
   * @param keys of `values`, from `keysOf`
   * @throws ValidationError
   */
  values(keys: readonly (string | symbol)[], values: object): ReadonlyMap<string, unknown> {
    if (keys.length === 0) throw new ValidationError('(nothing)', 'is not a transaction: give at least one setting');
    return new Map(keys.map((key) => [key as string, this.value(key as string, member(values, key))]));
  }

  /**
   * The settings of a transaction, all at one target.
   * @throws ValidationError, StoreError as `location`
   */
  transaction(values: ReadonlyMap<string, unknown>, options: UpdateOptions): Change[] {
    const [first] = values.keys();
    const { target } = this.location(first!, options);
    return [...values].map(([key, value]) => ({ location: this.location(key, { ...options, target }), asked: { kind: 'value', value } }));
  }

  /**
   * What removes every value at a target, also those of earlier versions.
   * @throws as `transaction`
   */
  removal(options: UpdateOptions): Change[] {
    const { keys, formerKeys } = this.#definition;
    const first = this.location(keys[0] ?? '', options);
    return [...keys, ...formerKeys.keys()].map((key) => ({ location: this.#beside(first, key), asked: { kind: 'value', value: undefined } }));
  }

  /**
   * What puts the old values at a target into today's form: the new ones first, then the old ones go.
   * @throws as `transaction`
   */
  conversion(options: UpdateOptions & { readonly target: Target }): Change[] {
    const { keys } = this.#definition;
    const first = this.location(keys[0] ?? '', options);
    const written: Change[] = [];
    const change = (key: string, value: unknown, from: unknown): Change => ({ location: this.#beside(first, key), asked: { kind: 'value', value, from: { value: from } } });
    const obsolete = new Map<string, unknown>();
    const needed = new Set<string>();
    for (const key of keys) {
      const found = this.#ask((store) => oldValues(this.#definition, store, key, first.target, first.scope));
      for (const { storedAs, stored, conversion, isNewest } of found) {
        if (!conversion.ok) needed.add(storedAs);
        else if (storedAs === key) written.push(change(key, conversion.value, stored));
        else {
          obsolete.set(storedAs, stored);
          if (isNewest && conversion.value !== undefined) written.push(change(key, conversion.value, undefined));
        }
      }
    }
    // What cannot be converted is not thrown away either.
    const removed = [...obsolete].filter(([key]) => !needed.has(key));
    return [...written, ...removed.map(([key, value]) => change(key, undefined, value))];
  }

  #validateKey(key: unknown): void {
    const definition: SettingsDefinition = this.#definition;
    definition.validateKey(key);
  }
}

/** The names in what a caller gave, whatever it does when looked at. */
export function keysOf(values: object): (string | symbol)[] {
  try {
    return Reflect.ownKeys(values);
  } catch {
    return [];
  }
}

function member(values: object, key: string | symbol): unknown {
  try {
    return (values as Record<string | symbol, unknown>)[key];
  } catch (cause) {
    throw new ValidationError(String(key), 'cannot be read: looking at it throws', { cause });
  }
}

function computed(key: string, compute: (current: unknown) => unknown, current: unknown): unknown {
  let next: unknown;
  try {
    next = compute(current);
  } catch (cause) {
    throw new ValidationError(key, 'could not be computed: its update function threw', { cause });
  }
  if (!isPromise(next)) return next;
  throw new ValidationError(key, 'cannot be computed by an asynchronous function: what is stored could change meanwhile');
}

/** @throws ValidationError for a signal that is none */
export function signalOf({ signal: given }: UpdateOptions): CallerSignal | undefined {
  const signal = asSignal(given);
  if (given !== undefined && signal === undefined) throw new ValidationError('signal', 'is neither an AbortSignal nor a CancellationToken');
  return signal;
}

/**
 * What VS Code's own `update` takes in this place (a `ConfigurationTarget`, a boolean) has another meaning here, or none: it
 * is refused, and not ignored, for the value would go to the user settings.
 * @throws ValidationError for what is not an object
 */
function requireObject(name: string, value: unknown, example: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ValidationError(name, `must be an object, such as ${example}`);
}

/** @throws ValidationError for options that are none */
export function requireOptions(options: unknown): void {
  requireObject('options', options, '{ target: \'workspace\' }');
  const given = options as Readonly<Record<string, unknown>>;
  const target = given['target'] as Target | undefined;
  if (target !== undefined && !targets.includes(target)) throw new ValidationError('target', `must be one of ${targets.join(', ')}`);
  for (const name of ['park', 'critical', 'wait']) {
    const value = given[name];
    if (value !== undefined && typeof value !== 'boolean') throw new ValidationError(name, 'must be true or false');
  }
}

/** @throws ValidationError for a listener that cannot be called */
export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new ValidationError(name, 'must be a function');
}

/** @throws ValidationError for what is no scope, and for a resource or language that is not a sane text */
export function toScope(given: ConfigurationScope): Scope {
  requireObject('scope', given, '{ resource: uri.toString() }');
  const { resource, languageId } = asScope(given);
  const scope: { resource?: string; languageId?: string } = {};
  if (resource !== undefined) {
    if (typeof resource !== 'string' || resource.length > 4096) throw new ValidationError('resource', 'is not a URI');
    scope.resource = resource;
  }
  if (languageId !== undefined) {
    if (typeof languageId !== 'string' || !/^[\w+#.-]{1,64}$/.test(languageId) || languageId in Object.prototype) throw new ValidationError('languageId', 'is not the identifier of a language');
    scope.languageId = languageId;
  }
  return scope;
}
