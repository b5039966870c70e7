import type { FormerSetting } from './former.ts';
import type { AnySchema, StandardSchema, ValueOf, YupSchema } from './schema.ts';

/** VS Code's own scopes: who may set the value, and where. */
export type SettingScope = 'application' | 'machine' | 'machine-overridable' | 'window' | 'resource' | 'language-overridable';

const scopes: Readonly<Record<SettingScope, true>> = {
  'application': true, 'machine': true, 'machine-overridable': true, 'window': true, 'resource': true, 'language-overridable': true,
};

/** Every scope that a declaration may have. */
export const settingScopes = Object.keys(scopes) as readonly SettingScope[];

/** The same data, to be read only: what `as const` makes of it can be given. */
type ReadonlyData<T> = T extends object ? { readonly [K in keyof T]: ReadonlyData<T[K]> } : T;

/** A titled block of the Settings editor. */
export interface SettingBlock {
  readonly title: string;
  readonly id?: string;
  /** Its place among the blocks of the extension. Default: as declared. */
  readonly order?: number;
}

/**
 * One setting.
 *
 * ```ts
 * const maxAgents = { schema: yup.number().integer().min(1).max(50).defined(), default: 3, description: 'Maximum concurrent agents.' };
 * const theme = { schema: z.enum(['light', 'dark']), default: 'light', description: 'Its colours.', manifest: { type: 'string', enum: ['light', 'dark'] } };
 * ```
 */
export interface SettingDeclaration<S extends AnySchema = AnySchema> {
  /**
   * Which values are valid: a schema of yup, or one that follows Standard Schema (zod, valibot, arktype and others).
   * Text transforms (`trim`, `lowercase`) sanitise what is read. Its tests must not be asynchronous, and one of yup has no
   * `.default(…)` of its own.
   */
  readonly schema: S;
  /**
   * What becomes of a stored list or object with an invalid item: `refuse` refuses it as a whole, and the last good value is
   * served; `drop` serves it without that item. Both are told as an issue. What is written must be valid as a whole. An item is
   * what the path of the schema's error leads into: of an object with names of its users' choice, a test of the author's
   * says so by `createError({ path: name })`. Default `refuse`.
   */
  readonly onInvalidItem?: 'drop' | 'refuse';
  /** Used when no layer holds a legal value; must be legal itself. */
  readonly default: ReadonlyData<ValueOf<S>>;
  /** Shown in the Settings editor, as Markdown unless there is a `markdownDescription`. */
  readonly description: string;
  /** Shown instead of `description` where Markdown is. */
  readonly markdownDescription?: string;
  /** Default `window`. */
  readonly scope?: SettingScope;
  /** Descriptions of the values of an enumeration, in its order. */
  readonly enumDescriptions?: readonly string[];
  /** The same, as Markdown. */
  readonly markdownEnumDescriptions?: readonly string[];
  /** Names of the values of an enumeration, in its order, for the Settings editor. Default: the values. */
  readonly enumItemLabels?: readonly string[];
  /** The value never appears in a log, metric, inspection, diagnostics file or error (P51). Default false. */
  readonly secret?: boolean;
  /** The value can make code run: what an untrusted workspace says is ignored (P52). Default false. */
  readonly restricted?: boolean;
  /**
   * The name under which an organisation may decide the value, for all its people, by a policy. It goes into the manifest,
   * where VS Code heeds it. Default: none.
   */
  readonly policy?: string;
  /** A change takes effect only after a restart: the user is asked once (`askForRestart`). Default false. */
  readonly needsRestart?: boolean;
  /** A web page about the setting: offered where its value is not legal. Default: its place in the Settings editor. */
  readonly documentation?: string;
  /** Said in the Settings editor when the setting is in use and should not be. */
  readonly deprecationMessage?: string;
  /** The same, as Markdown. */
  readonly markdownDeprecationMessage?: string;
  /** What it was called, or how its values were written, in earlier versions: the newest first. Such values are honoured, and can be converted. */
  readonly formerly?: readonly FormerSetting[];
  /** Filters of the Settings editor (`@tag:`), such as `experimental` or `usesOnlineServices`. */
  readonly tags?: readonly string[];
  /** Words by which the Settings editor finds the setting as well. */
  readonly keywords?: readonly string[];
  /** How the Settings editor edits a text. Default `singlelineText`. */
  readonly editPresentation?: 'singlelineText' | 'multilineText';
  /** Its place among the settings of its section. Default: as declared. */
  readonly order?: number;
  /** Settings Sync leaves the value on its machine. Default false. */
  readonly ignoreSync?: boolean;
  /** Values that the Settings editor and settings.json suggest. */
  readonly examples?: readonly unknown[];
  /** Said in settings.json of a text that does not match its `pattern`. Default: the pattern. */
  readonly patternErrorMessage?: string;
  /** The titled block of the Settings editor that it stands in. Default: the one of the definition's title. */
  readonly block?: string | SettingBlock;
  /**
   * JSON Schema, and whatever else VS Code knows of a setting, for the manifest: taken as it is, in place of what would be
   * derived. For what no schema library can say (`additionalProperties` of a table, `defaultSnippets`).
   */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** How a declaration is presented by VS Code: these go into the manifest as they are. */
export const presentation = [
  'markdownEnumDescriptions', 'enumDescriptions', 'enumItemLabels', 'deprecationMessage', 'markdownDeprecationMessage',
  'tags', 'keywords', 'editPresentation', 'ignoreSync', 'examples', 'patternErrorMessage',
] as const satisfies readonly (keyof SettingDeclaration)[];

/** What a field must be, in words and as a test. */
type FieldRule = readonly [words: string, holds: (value: unknown) => boolean];

const oneOf = (...values: readonly string[]): FieldRule => [`one of ${values.join(', ')}`, (value) => values.includes(value as string)];
const isText = (value: unknown): boolean => typeof value === 'string';
const anything: FieldRule = ['anything', () => true];
const text: FieldRule = ['a text', isText];
const texts: FieldRule = ['a list of texts', (value) => Array.isArray(value) && value.every(isText)];
const flag: FieldRule = ['true or false', (value) => typeof value === 'boolean'];
const number: FieldRule = ['a number', Number.isFinite];

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

function isBlock(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isText(value);
  const { title, id = '', order = 0 } = value as Readonly<Partial<Record<keyof SettingBlock, unknown>>>;
  return isText(title) && isText(id) && Number.isFinite(order);
}

function isFormer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { key = '', convert, deprecationMessage = '' } = value as Readonly<Partial<Record<keyof FormerSetting, unknown>>>;
  return isText(key) && (convert === undefined || typeof convert === 'function') && isText(deprecationMessage);
}

/** Every field that a declaration may have, and what it must be when it is there. */
export const declarationFields: Readonly<Record<keyof SettingDeclaration, FieldRule>> = {
  // What is wrong with these is told in words of its own.
  schema: anything,
  default: anything,
  description: text,
  markdownDescription: text,
  scope: anything,
  order: number,
  secret: flag,
  restricted: flag,
  policy: text,
  documentation: text,
  needsRestart: flag,
  formerly: ['a list of { key, convert }', (value) => Array.isArray(value) && value.every(isFormer)],
  onInvalidItem: oneOf('drop', 'refuse'),
  enumDescriptions: texts,
  markdownEnumDescriptions: texts,
  enumItemLabels: texts,
  deprecationMessage: text,
  markdownDeprecationMessage: text,
  tags: texts,
  keywords: texts,
  editPresentation: oneOf('singlelineText', 'multilineText'),
  ignoreSync: flag,
  examples: ['a list', Array.isArray],
  patternErrorMessage: text,
  block: ['a title, or { title, id, order }', isBlock],
  manifest: ['an object', isObject],
};

/** Schemas, by key, as a definition's declarations hold them. */
export type WithSchemas<S> = { readonly [K in keyof S]: { readonly schema: S[K] } };

/** What the compiler says of a schema that has a default of its own. */
type SchemaWithoutDefault = 'a schema without .default(…), for the default is a field of the declaration';

/**
 * What else a definition's declarations hold, by key, where `S` are the schemas. Those alone are inferred from: so a field
 * that is wrong is told as what it is.
 */
export type Declarations<S> = {
  readonly [K in keyof S]: S[K] extends YupSchema ? Omit<SettingDeclaration<S[K]>, 'schema'>
    : S[K] extends { readonly __isYupSchema__: boolean } ? Omit<SettingDeclaration, 'schema'> & { readonly schema: SchemaWithoutDefault }
      : S[K] extends StandardSchema ? Omit<SettingDeclaration<S[K]>, 'schema'>
        : Omit<SettingDeclaration, 'schema'> & { readonly schema: AnySchema };
};

/** The value types of a definition's declarations, by key. */
export type ValuesOf<D> = {
  [K in keyof D & string]: D[K] extends { readonly schema: infer S } ? ValueOf<S> : never;
};
