import { ValidationError } from '../errors.ts';
import { both, type Checker } from './checker.ts';
import type { SettingDeclaration } from './declaration.ts';
import { validateFields, validateIsSchema, validateSchema, validateScope } from './declaration-rules.ts';
import { definitionOf, formerKeysOf, hiddenBy, type SettingsDefinition } from './definition.ts';
import { jsonSchemaChecker } from './json-schema.ts';
import type { JsonSchema } from './json-schema-parts.ts';
import { sourceOf } from './manifest.ts';
import { configurationOf, settingsOf, type ExtensionManifest, type ManifestSetting } from './manifest-settings.ts';
import { plainData, type PlainData } from './plain-data.ts';
import { placeText } from './place.ts';
import type { AnySchema } from './schema.ts';
import { checkerOf } from './schema-checker.ts';
import { schemaOf } from './schema-of.ts';
import { showKey } from './setting-key.ts';

/** What a manifest cannot say of a setting. */
export interface SettingOptions extends Pick<SettingDeclaration, 'secret' | 'restricted' | 'formerly' | 'onInvalidItem' | 'documentation' | 'needsRestart'> {
  /**
   * What must be true of a value beside what the manifest says: a schema of yup, or one that follows Standard Schema. It is
   * asked only of values that the manifest allows, and must accept the default. Default: nothing.
   */
  readonly schema?: AnySchema;
}

/** How a manifest is taken for a definition. */
export interface ManifestOptions<V extends object = Record<string, unknown>> {
  /**
   * Takes the settings of this section alone, by their keys within it. Default: all settings; by their keys when all are in one
   * section, and by their whole names when they are in several.
   */
  readonly section?: string;
  /** Whole names of settings that the definition leaves out: the extension goes on to read them from VS Code. Default: none. */
  readonly except?: readonly string[];
  /** By key: what the manifest cannot say. */
  readonly settings?: { readonly [K in keyof V]?: SettingOptions };
}

/**
 * The settings of an extension as its package.json declares them: any number of blocks and sections, with every keyword.
 * Which values are valid is what JSON Schema says there, as VS Code reads it. A setting without a default has the one that VS
 * Code gives it (`false`, 0, an empty text, list or object, else `null`). A default is valid also where its own schema refuses
 * it: `null` for a text widens the type of the value, not the manifest.
 *
 * ```ts
 * const settings = settingsFrom<{ maxAgents: number }>({
 *   contributes: { configuration: { title: 'NofX', properties: { 'nofx.maxAgents': { type: 'integer', minimum: 1, default: 3 } } } },
 * });
 * settings.check('maxAgents', 0); // { ok: false, problem: 'must be at least 1' }
 * ```
 *
 * In an extension the manifest is `context.extension.packageJSON`: translated, and nothing is added to the bundle.
 *
 * @typeParam V the types of the values, by key. Default: `unknown` for each
 * @param manifest not copied: it must stay as it is
 * @throws ValidationError that names the place, for what VS Code would not take for a setting, two settings of one name, a
 *   setting below another one, an invalid pattern or scope, and options for a setting that there is not
 */
export function settingsFrom<V extends object = Record<string, unknown>>(manifest: ExtensionManifest, options: ManifestOptions<V> = {}): SettingsDefinition<V> {
  const settings = settingsOf(manifest);
  for (const name of options.except ?? []) settings.delete(name);
  const all = Object.fromEntries(settings);
  for (const name of settings.keys()) {
    const problem = hiddenBy(name, all);
    if (problem !== undefined) throw new ValidationError(name, problem);
  }
  const section = options.section ?? commonSection([...settings.keys()]);
  const declared = declarationsOf(settings, section, manifest, options.settings ?? {});
  const checkers = new Map<string, Checker>();
  const definition = definitionOf<V>({
    section,
    declared,
    formerKeys: formerKeysOf(section, declared),
    checkerOf(key) {
      const made = checkers.get(key) ?? checkerFor(declared[key]!, options.settings?.[key as keyof V]?.schema);
      checkers.set(key, made);
      return made;
    },
  });
  for (const key of definition.keys) {
    const { default: value } = declared[key]!;
    const checked = options.settings?.[key]?.schema === undefined ? undefined : definition.check(key, value);
    if (checked?.ok === false) throw new ValidationError(key, `has a default its own schema refuses: it ${checked.problem}`);
    (definition.defaults as Record<string, unknown>)[key] = value;
  }
  Object.freeze(definition.defaults);
  return Object.assign(definition, { [sourceOf]: configurationOf(manifest) });
}

/** The first part that all names have in common, and that is not the whole of one. */
function commonSection(names: readonly string[]): string {
  const [section, ...others] = new Set(names.map((name) => name.split('.', 1)[0]!));
  return section === undefined || others.length > 0 || names.includes(section) ? '' : section;
}

type AllOptions = Readonly<Record<string, SettingOptions | undefined>>;

/** The declarations of a section's settings, by their keys. */
function declarationsOf(settings: ReadonlyMap<string, ManifestSetting>, section: string, manifest: ExtensionManifest, options: AllOptions): Record<string, SettingDeclaration> {
  const declared = Object.create(null) as Record<string, SettingDeclaration>;
  for (const [key, given] of Object.entries(options)) if (given !== undefined) validateOptions(key, given);
  const old = new Set(Object.entries(options).flatMap(([own, { formerly = [] } = {}]) => formerly.flatMap(({ key = own }) => (key === own ? [] : [key]))));
  const restricted = restrictedOf(manifest);
  for (const [name, setting] of settings) {
    if (section !== '' && !name.startsWith(`${section}.`)) continue;
    const key = section === '' ? name : name.slice(section.length + 1);
    // A key of an earlier version, which the manifest has so that VS Code tells where it has a value, is no setting any more.
    if (!old.has(key)) declared[key] = declarationOf(setting, restricted.has(name), options[key] ?? {});
  }
  for (const [key, given] of Object.entries(options)) {
    if (given !== undefined && !Object.hasOwn(declared, key)) throw new ValidationError(showKey(key), 'has options, and is not a setting of the manifest');
  }
  if (section !== '' && Object.keys(declared).length === 0) throw new ValidationError(showKey(section), 'is a section in which the manifest has no settings');
  return declared;
}

/** The settings that the manifest says a workspace which is not trusted may not decide. */
function restrictedOf({ capabilities }: ExtensionManifest): ReadonlySet<unknown> {
  const { untrustedWorkspaces } = Object(capabilities) as { untrustedWorkspaces?: unknown };
  const { restrictedConfigurations } = Object(untrustedWorkspaces) as { restrictedConfigurations?: unknown };
  return new Set(Array.isArray(restrictedConfigurations) ? restrictedConfigurations : []);
}

const optionNames = ['schema', 'secret', 'restricted', 'formerly', 'onInvalidItem', 'documentation', 'needsRestart'] as const satisfies readonly (keyof SettingOptions)[];

function declarationOf({ property, place }: ManifestSetting, isRestricted: boolean, options: SettingOptions): SettingDeclaration {
  const { scope = 'window', policy, description, markdownDescription = description } = property as { scope?: unknown; policy?: { name?: unknown }; description?: unknown; markdownDescription?: unknown };
  validateScope(placeText([...place, 'scope']), scope);
  const standard = plainData(defaultOf(property));
  if (!standard.ok) throw new ValidationError(placeText([...place, 'default']), standard.problem);
  return {
    ...options,
    restricted: options.restricted ?? isRestricted,
    schema: options.schema ?? schemaOf(property, standard.value),
    default: standard.value,
    description: typeof markdownDescription === 'string' ? markdownDescription : '',
    scope,
    ...(typeof policy?.name === 'string' ? { policy: policy.name } : {}),
    manifest: property,
  };
}

/** @throws ValidationError for options that there are not, that hold something else than they may, or a schema that cannot be used */
function validateOptions(key: string, options: SettingOptions): void {
  if (Object(options) !== options) throw new ValidationError(key, 'has options that are not an object');
  const { schema, ...others } = options;
  const unknown = Object.keys(options).find((name) => !(optionNames as readonly string[]).includes(name));
  if (unknown !== undefined) throw new ValidationError(key, `has the option "${unknown}", which there is not`, { userAction: `The options are: ${optionNames.join(', ')}.` });
  validateFields(key, others);
  if (schema === undefined) return;
  validateIsSchema(key, schema);
  validateSchema(key, schema, others.onInvalidItem);
}

/** What VS Code takes for the default of a setting that has none, by its type: of several types the first. */
const defaults: Readonly<Record<string, PlainData>> = { boolean: false, integer: 0, number: 0, string: '', array: [], object: {} };

function defaultOf({ type, default: given }: JsonSchema): unknown {
  if (given !== undefined) return given;
  const first: unknown = Array.isArray(type) ? type[0] : type;
  return typeof first === 'string' && Object.hasOwn(defaults, first) ? defaults[first] : null;
}

/** What the manifest says of a value, and then what the author's schema does. */
function checkerFor({ manifest, default: standard }: SettingDeclaration, schema: AnySchema | undefined): Checker {
  const declared = jsonSchemaChecker(manifest as JsonSchema, standard as PlainData);
  return schema === undefined ? declared : both(declared, checkerOf(schema));
}
