import { settingsFrom } from '../../settings/settings-from.ts';
import type { SettingsDefinition } from '../../settings/definition.ts';
import type { Memento } from '../../store/memento.ts';
import type { ConfigurationService } from '../service.ts';

/** Settings that are read only: those of VS Code, or of another extension. */
export type SettingsReader<V extends object = Record<string, unknown>> = Pick<
  ConfigurationService<V>,
  'definition' | 'ready' | 'get' | 'has' | 'section' | 'values' | 'inspect' | 'issues' | 'onDidChange' | 'onDidChangeAny' | 'onEvent' | 'reload' | 'dispose'
>;

/** What is known of the settings of others: by their whole names, each with JSON Schema as in a manifest. */
export type SchemaProperties = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The type of a setting's values, as far as these keywords tell it. */
type ValueOfSchema<S> = S extends { readonly enum: readonly (infer E)[] } ? E : S extends { readonly type: infer T } ? TypeNamed<T> : unknown;
type TypeNamed<T> = T extends readonly (infer E)[] ? TypeNamed<E>
  : T extends 'number' | 'integer' ? number : T extends 'string' ? string : T extends 'boolean' ? boolean : T extends 'null' ? null
    : T extends 'array' ? readonly unknown[] : T extends 'object' ? Readonly<Record<string, unknown>> : unknown;

/** The types of the values, by whole names. */
export type ValuesOfSchemas<P> = { readonly [K in keyof P & string]: ValueOfSchema<P[K]> };

/**
 * A definition of settings of others, from what is known of them. They may have values of their own anywhere: a `scope` that is not said
 * is `language-overridable`.
 * @param defaultOf the default that they have, by their whole names; `undefined`: not known
 * @throws ValidationError as `settingsFrom`
 */
export function definitionOfOthers<P extends SchemaProperties>(properties: P, defaultOf: (name: string) => unknown): SettingsDefinition<ValuesOfSchemas<P>> {
  const known = Object.entries(properties).map(([name, schema]) => {
    const standard = defaultOf(name);
    return [name, { scope: 'language-overridable', ...schema, ...(standard === undefined ? {} : { default: standard }) }];
  });
  return settingsFrom({ contributes: { configuration: { properties: Object.fromEntries(known) as object } } }, { section: '' });
}

/** The same without what changes anything. */
export function readOnly<V extends object>(service: ConfigurationService<V>): SettingsReader<V> {
  const reader: SettingsReader<V> = {
    definition: service.definition,
    ready: service.ready,
    get values() {
      return service.values;
    },
    get issues() {
      return service.issues;
    },
    get: ((key: never, scope: undefined) => service.get(key, scope)) as SettingsReader<V>['get'],
    has: service.has.bind(service),
    section: service.section.bind(service),
    inspect: service.inspect.bind(service),
    onDidChange: service.onDidChange.bind(service),
    onDidChangeAny: service.onDidChangeAny.bind(service),
    onEvent: service.onEvent.bind(service),
    reload: service.reload.bind(service),
    dispose: service.dispose.bind(service),
  };
  return Object.freeze(reader);
}

/** A part of a memento: what is kept there of the settings of others does not mix with the extension's own. */
export function partOf(memento: Memento, { section, keys }: Pick<SettingsDefinition, 'section' | 'keys'>): Memento {
  const name = section === '' ? keys.join(' ') : section;
  const keyIn = (key: string): string => `holdfast.read.${name.slice(0, 500)}.${key}`;
  return { get: (key) => memento.get(keyIn(key)), update: (key, value) => memento.update(keyIn(key), value) };
}
