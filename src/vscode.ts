/**
 * In VS Code: everything that `holdfast` exports, and supervised settings for an extension.
 *
 * @module holdfast/vscode
 */
import { systemClock } from './clock.ts';
import { disposeQuietly } from './disposal.ts';
import type { UriLike } from './service/reads/configuration-scope.ts';
import { checkedMiddleware, type CheckedSettings, type LanguageClientMiddleware } from './service/language-client.ts';
import { definitionOfOthers, partOf, readOnly, type SchemaProperties, type SettingsReader, type ValuesOfSchemas } from './service/reads/reader.ts';
import type { Guards } from './guard/guards.ts';
import type { StandaloneGuard as Guard } from './guard/standalone-guard.ts';
import { SupervisedGuard } from './service/guards/supervised-guard.ts';
import { askWhenRestartIsNeeded, titleOf, type AskForRestart } from './service/restart.ts';
import { ConfigurationService } from './service/service.ts';
import type { ServiceOptions } from './service/options.ts';
import type { SettingsDefinition } from './settings/define-settings.ts';
import { sectionsName } from './settings/setting-key.ts';
import { FaultyStore } from './testing/faulty-store.ts';
import { askToRestart, defaultInVscode, onHostChange, registerWithHoldfast, restartExtensions, vscodeStore, type VscodeContext } from './store/vscode-host.ts';
import { vscodeJournal } from './store/vscode-journal.ts';

export * from './index.ts';
export { vscodeStore, type VscodeContext } from './store/vscode-host.ts';
export type { VscodeStoreOptions } from './store/vscode-store.ts';

export type { SchemaProperties, SettingsReader, ValuesOfSchemas } from './service/reads/reader.ts';
export type { AskForRestart } from './service/restart.ts';
export type { SupervisedGuard } from './service/guards/supervised-guard.ts';
export type { CheckedSettings, LanguageClientMiddleware } from './service/language-client.ts';

export interface SupervisionOptions {
  /** For development: lets the State Inspector make writes fail, hang, lag or land late. Default false. */
  readonly faultInjection?: boolean;
  /**
   * Stores the values that wait for a settings file together, by one save of VS Code's: one `update` of VS Code's carries all of them.
   * With `false` each is stored by an `update` of its own, and a transaction by several saves. Default true. It says nothing of a
   * `store` of your own.
   */
  readonly oneSave?: boolean;
  /**
   * Asks the user to restart, when a setting with `needsRestart` has changed: once for each setting. Resolves with whether to. `false`: nobody
   * is asked. Default: a notification of VS Code, which restarts the extensions, in the browser together with the window; its texts are
   * translated by the extension's own `l10n`.
   */
  readonly askForRestart?: AskForRestart | false;
}

/** The ids of the services that an extension has now. */
const instances = new WeakMap<object, Set<string>>();

/** @param wanted taken as it is when it is free; else the name is put behind the extension's id, and a number if need be */
function freeId({ extension: { id } }: GuardContext, name: string, taken: ReadonlySet<string>, wanted = id): string {
  let free = wanted;
  for (let number = 1; taken.has(free); number++) free = `${id}/${name}${number === 1 ? '' : `#${number}`}`;
  return free;
}

/**
 * A service that is there at once and can be awaited. Until the settings have been read for the first time, `await` waits for that;
 * from then on it is a service and nothing else, so that waiting ends.
 */
export type SupervisedConfiguration<V extends object> = ConfigurationService<V> & PromiseLike<ConfigurationService<V>>;

/**
 * Supervises the settings of an extension: call it in `activate`, with the extension's context.
 *
 * The service is there at once, and is disposed of with the context. Until the settings have been read (`await` it, or its `ready`;
 * 5 s at most) `get` gives the values of the last session that were valid, or the defaults, and writes wait their turn.
 * It shows itself in the Holdfast extension when that is installed, and works the same without it.
 *
 * @example
 * const config = await superviseConfiguration(context, settings);
 * @example
 * // In an `activate` that is not asynchronous.
 * const config = superviseConfiguration(context, settings);
 * config.onDidChange('level', (level) => logger.setLevel(level));
 * @throws RangeError, TypeError for an invalid option; StoreError when VS Code does not tell of changes. Nothing is left
 *   behind then.
 */
export function superviseConfiguration<V extends object>(
  context: VscodeContext,
  definition: SettingsDefinition<V>,
  options: Partial<Omit<ServiceOptions, 'faults'>> & SupervisionOptions = {},
): SupervisedConfiguration<V> {
  const { faultInjection = false, oneSave = true, askForRestart = (keys) => askToRestart(keys.map(titleOf)), ...others } = options;
  const taken = instances.get(context) ?? new Set();
  const id = freeId(context, sectionsName(definition), taken);
  const ownStore = options.store === undefined ? vscodeStore(context, definition, { oneSave }) : undefined;
  const store = options.store ?? ownStore!;
  const faulty = faultInjection ? new FaultyStore(store, options.clock ?? systemClock) : undefined;
  const journal = vscodeJournal(context);
  let service: ConfigurationService<V>;
  try {
    service = new ConfigurationService(definition, {
      id,
      memento: context.workspaceState,
      ...(others.memento === undefined && journal !== undefined ? { journal } : {}),
      ...others,
      store: faulty ?? store,
      ...(faulty === undefined ? {} : { faults: faulty }),
    });
  } catch (error) {
    disposeQuietly([ownStore]);
    throw error;
  }
  const registration = registerWithHoldfast(service);
  instances.set(context, taken.add(service.id));
  service.onEvent(({ type }) => {
    if (type !== 'disposed') return;
    taken.delete(service.id);
    registration.dispose();
  });
  context.subscriptions.push({ dispose: () => void service.dispose() }, registration);
  return awaitable(service, service.ready.then(() => {
    if (askForRestart === false) return;
    const warn = (error: unknown): void => console.error('Holdfast: the user could not be asked to restart.', error);
    context.subscriptions.push(askWhenRestartIsNeeded(service, askForRestart, restartExtensions, warn));
  }));
}

/** What is awaited is awaited again as long as it has a `then`: it has one until it is ready. */
function awaitable<V extends object>(service: ConfigurationService<V>, ready: Promise<void>): SupervisedConfiguration<V> {
  const isReady = ready.then(() => {
    delete (service as Partial<PromiseLike<unknown>>).then;
    return service;
  });
  const then = isReady.then.bind(isReady);
  return Object.defineProperty(service, 'then', { value: then, configurable: true }) as SupervisedConfiguration<V>;
}

export interface GuardSupervisionOptions {
  /** What it is called wherever it is seen. Default: the guard's own name. Guards by key have none of their own. */
  readonly name?: string;
  /** For development: lets the State Inspector make its calls fail, hang or lag. Default false. */
  readonly faultInjection?: boolean;
}

/**
 * Makes a guard visible in the Holdfast extension, when that is installed: health, commands, metrics, log, telemetry, and the
 * State Inspector. Until the context, the guard, or what is returned is disposed of. It works the same without, and a call that
 * succeeds takes about a tenth longer. A guard that is visible already stays as it is.
 *
 * Guards by key (`createGuards`) are shown as one, under the name that is given: their keys, and their own names, are nowhere.
 *
 * @example
 * const git = createGuard({ name: 'git' });
 * superviseGuard(context, git);
 * @returns what `prometheusText`, `observeWithOpenTelemetry`, `logService` and `Alerts` take, beside services or alone
 * @throws TypeError when guards by key are given no name
 */
export function superviseGuard(context: GuardContext, guard: Guard, options?: GuardSupervisionOptions): SupervisedGuard;
export function superviseGuard(context: GuardContext, guards: Guards, options: GuardSupervisionOptions & { readonly name: string }): SupervisedGuard;
export function superviseGuard(context: GuardContext, guard: Guard | Guards, options: GuardSupervisionOptions = {}): SupervisedGuard {
  const known = SupervisedGuard.of(guard);
  if (known !== undefined) return known;
  const { name = 'name' in guard ? guard.name : undefined, faultInjection = false } = options;
  if (typeof name !== 'string') throw new TypeError('name must be a text, for guards by key: they have none of their own.');
  const taken = instances.get(context) ?? new Set();
  const id = freeId(context, name, taken, `${context.extension.id}/${name}`);
  const supervised = new SupervisedGuard(guard, { id, name, faultInjection });
  instances.set(context, taken.add(id));
  const registration = registerWithHoldfast(supervised);
  supervised.onEvent(({ type }) => {
    if (type !== 'disposed') return;
    taken.delete(id);
    registration.dispose();
  });
  context.subscriptions.push(supervised);
  return supervised;
}

/** What is used of an extension's `ExtensionContext`. */
type GuardContext = Pick<VscodeContext, 'subscriptions' | 'extension'>;

/**
 * Middleware for `vscode-languageclient` (9 and later): a language server is told checked values alone, whether it asks for
 * them (`workspace/configuration`) or they are sent to it (`workspace/didChangeConfiguration`, by the client or by the extension
 * itself), and is told once of each change. What the services do not declare goes to the server as VS Code says it. Settings
 * within `initializationOptions` are the extension's own affair: `config.section()` has them checked.
 *
 * Client 8 has no middleware for what is sent: with it, what a server asks for is checked, and what it is sent is not.
 *
 * A server that asks without `scopeUri` gets the values of the window, or of `folder`. Servers do not say a language: settings of scope
 * `language-overridable` have their values for no language.
 *
 * @example
 * const middleware = languageClientMiddleware(config);
 * const client = new LanguageClient('app', server, { documentSelector, middleware });
 * @param services the extension's own, and readers of the settings of others that the server asks for
 * @param middleware the extension's own, which is given checked values: what it makes of them goes to the server, but for
 *   what is invalid then
 * @param folder of a client for one folder (`workspaceFolder`): its URI
 */
export function languageClientMiddleware<M extends object = object>(
  services: CheckedSettings | readonly CheckedSettings[], middleware?: M, folder?: UriLike,
): M & LanguageClientMiddleware {
  return checkedMiddleware([services].flat(), middleware ?? {} as M, folder?.toString(), onHostChange);
}

export interface ReadingOptions {
  /** The settings can be written as well, as the extension's own. Default false. */
  readonly writable?: boolean;
}

/**
 * Reads settings of others, checked: of VS Code (`editor`, `files`, `http`) or of another extension. What is invalid is not
 * served, but the last good value, else VS Code's own default. The reader is disposed of with the context.
 *
 * @example
 * const editor = readSettings(context, {
 *   'editor.tabSize': { type: 'number', minimum: 1 },
 *   'files.exclude': { type: 'object', additionalProperties: { type: ['boolean', 'object'] } },
 * });
 * editor.get('editor.tabSize', document);
 * editor.onDidChange('editor.tabSize', indent, document);
 * @param settings by their whole names, with JSON Schema as in a manifest; `scope` is by default the widest one,
 *   `language-overridable`, and the default is VS Code's. Or a definition of them, by `defineSettings` or `settingsFrom`
 * @throws ValidationError as `settingsFrom`; StoreError when VS Code does not tell of changes
 */
export function readSettings<const P extends SchemaProperties>(context: VscodeContext, settings: P, options: ReadingOptions & { readonly writable: true }): ConfigurationService<ValuesOfSchemas<P>>;
export function readSettings<const P extends SchemaProperties>(context: VscodeContext, settings: P, options?: ReadingOptions): SettingsReader<ValuesOfSchemas<P>>;
export function readSettings<V extends object>(context: VscodeContext, settings: SettingsDefinition<V>, options: ReadingOptions & { readonly writable: true }): ConfigurationService<V>;
export function readSettings<V extends object>(context: VscodeContext, settings: SettingsDefinition<V>, options?: ReadingOptions): SettingsReader<V>;
export function readSettings(context: VscodeContext, settings: SchemaProperties | SettingsDefinition, { writable = false }: ReadingOptions = {}): SettingsReader {
  const definition = isDefinition(settings) ? settings : definitionOfOthers(settings, defaultInVscode);
  const store = vscodeStore(context, definition);
  const service = new ConfigurationService(definition, { id: `${context.extension.id}/${sectionsName(definition)}`, store, memento: partOf(context.workspaceState, definition) });
  context.subscriptions.push({ dispose: () => void service.dispose() });
  return writable ? service : readOnly(service);
}

const isDefinition = (settings: SchemaProperties | SettingsDefinition): settings is SettingsDefinition => typeof (settings as SettingsDefinition).check === 'function';
