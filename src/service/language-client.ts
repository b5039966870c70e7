import { sameData } from '../settings/plain-data.ts';
import { settingName } from '../settings/setting-key.ts';
import type { Disposable } from '../store/store.ts';
import type { ConfigurationService } from './service.ts';
import type { SettingsChange } from './settings-change.ts';
import { keyOf, memberOf } from './sections.ts';

/** What is used of a service, or of a reader of settings: any of them. */
export interface CheckedSettings {
  readonly definition: Pick<ConfigurationService['definition'], 'section' | 'keys'>;
  get(key: string, scope?: { readonly resource?: string }): unknown;
  onDidChangeAny(listener: (change: SettingsChange) => void): Disposable;
}

/** Calls back in each event of VS Code's own configuration, before the client hears of it. */
type OnHostEvent = (listener: () => void) => Disposable;

/** What a server asks for, as the Language Server Protocol has it. */
interface ConfigurationParams {
  readonly items: readonly { readonly scopeUri?: string | null; readonly section?: string | null }[];
}

/** What `vscode-languageclient` calls: versions 8 to 11. */
export interface LanguageClientMiddleware {
  readonly workspace: {
    configuration<P, T, R>(this: void, params: P, token: T, next: (params: P, token: T) => R): Promise<Exclude<Awaited<R>, void>>;
    didChangeConfiguration(this: void, sections: string[] | undefined, next: (sections: string[] | undefined) => Promise<void>): Promise<void>;
  };
  sendNotification<P>(this: void, type: string | { readonly method: string }, next: (type: never, params?: P) => Promise<void>, params: P): Promise<void>;
}

const notification = 'workspace/didChangeConfiguration';

type Message = string | { readonly method: string };
type Send = (type: Message, params: unknown) => Promise<void>;

/** See `languageClientMiddleware` of `holdfast/vscode`. */
export function checkedMiddleware<M extends object>(
  services: readonly CheckedSettings[], middleware: M, folder: string | undefined, onHostEvent: OnHostEvent,
): M & LanguageClientMiddleware {
  const own = middleware as Partial<LanguageClientMiddleware>;
  const checker = new Checker(services, folder);
  const sender = new Sender(checker);
  // The client, which is the only one to hold the sender, may be gone before the services.
  whileAlive(sender, onHostEvent, (each) => each.onHostEvent());
  for (const service of services) whileAlive(sender, (listener) => service.onDidChangeAny(listener), (each) => each.onChange());
  const made: LanguageClientMiddleware = {
    workspace: {
      ...own.workspace,
      async configuration(params, token, next) {
        const theirs: unknown = await (own.workspace?.configuration === undefined ? next(params, token) : own.workspace.configuration(params, token, next));
        const { items } = params as ConfigurationParams;
        const answer = Array.isArray(theirs) ? theirs.map((raw, index) => checker.checked(items[index]?.section ?? '', raw, items[index]?.scopeUri)) : theirs;
        return answer as never;
      },
      didChangeConfiguration(sections, next) {
        sender.onClientEvent();
        return own.workspace?.didChangeConfiguration === undefined ? next(sections) : own.workspace.didChangeConfiguration(sections, next);
      },
    },
    sendNotification(type, next, params) {
      const send = next as unknown as Send;
      const checked: Send = (message, content) => (methodOf(message) === notification ? sender.send(message, content, send) : send(message, content));
      return own.sendNotification === undefined ? checked(type, params) : own.sendNotification(type, checked, params);
    },
  };
  return { ...own, ...made } as M & LanguageClientMiddleware;
}

const methodOf = (type: Message): string => (typeof type === 'string' ? type : type.method);

/** Puts checked values in the place of VS Code's. */
class Checker {
  readonly services: readonly CheckedSettings[];
  readonly #folder: string | undefined;

  constructor(services: readonly CheckedSettings[], folder: string | undefined) {
    this.services = services;
    this.#folder = folder;
  }

  /** What VS Code says of a section (`''`: of all), with checked values where there are any. */
  checked(section: string, raw: unknown, scopeUri?: string | null): unknown {
    const resource = scopeUri ?? this.#folder;
    return this.services.reduce((value, service) => checkedBy(service, section, value, resource === undefined ? {} : { resource }), raw);
  }
}

function checkedBy(service: CheckedSettings, section: string, raw: unknown, scope: { readonly resource?: string }): unknown {
  const { definition } = service;
  const asked = keyOf(definition, section);
  // A setting, or a member of an object: `null` is what the protocol says for "nothing".
  const above = asked === undefined ? undefined : definition.keys.find((key) => key === asked || asked.startsWith(`${key}.`));
  if (above !== undefined) {
    const value = service.get(above, scope);
    return (asked === above ? value : memberOf(value, asked!.slice(above.length + 1).split('.'))) ?? null;
  }
  const prefix = section === '' ? '' : `${section}.`;
  const within = definition.keys.filter((key) => settingName(definition.section, key).startsWith(prefix));
  if (within.length === 0) return raw;
  const values = copyOf(raw);
  for (const key of within) {
    const path = settingName(definition.section, key).slice(prefix.length).split('.');
    let place = values;
    for (const part of path.slice(0, -1)) place = place[part] = copyOf(place[part]);
    place[path.at(-1)!] = service.get(key, scope);
  }
  return values;
}

/** A copy without a prototype, as `vscode-languageclient` makes them; of what is no object, an empty one. */
function copyOf(value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.assign(Object.create(null) as Record<string, unknown>, isObject ? value : {});
}

/** Tells a server that settings have changed: what has changed for it, once, and also when VS Code's own event came too early. */
class Sender {
  readonly #checker: Checker;
  /** What was sent last, with what VS Code had said by then. */
  #last: { readonly type: Message; readonly params: { readonly settings: unknown }; readonly raw: unknown; readonly send: Send } | undefined;
  /** An event of VS Code is going on. */
  #inEvent = false;
  /** The client tells the server of it. */
  #told = false;
  /** Notifications that are on their way because of such an event: others go to a server that has just started, or are the extension's own. */
  #expected = 0;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  onHostEvent(): void {
    this.#inEvent = true;
    setTimeout(() => (this.#inEvent = false));
  }

  onClientEvent(): void {
    if (!this.#inEvent) return;
    this.#expected++;
    this.#told = true;
    setTimeout(() => (this.#told = false));
  }

  async send(type: Message, given: unknown, send: Send): Promise<void> {
    const { settings: raw } = (given ?? {}) as { readonly settings?: unknown };
    const settings = this.#checkedSettings(raw);
    const before = this.#last;
    const isExpected = this.#expected > 0;
    if (isExpected) this.#expected--;
    this.#last = { type, params: { ...given as object, settings }, raw, send };
    // A value was invalid, or is served already: nothing has changed for the server.
    if (isExpected && isSent(raw) && before !== undefined && isSent(before.raw) && sameData(before.params.settings, settings)) return;
    await send(type, this.#last.params);
  }

  /** Values are served that VS Code's event may not tell of: of a transaction that has ended, of a workspace that is trusted now. */
  onChange(): void {
    // All who hear of an event of VS Code do so within one task: the client too.
    queueMicrotask(() => {
      if (this.#last === undefined || this.#told) return;
      const { type, params, raw, send } = this.#last;
      const settings = this.#checkedSettings(raw);
      if (isSent(raw) && sameData(settings, params.settings)) return;
      this.#last = { type, params: { ...params, settings }, raw, send };
      // A client that has stopped refuses: its server asks again when it starts.
      send(type, this.#last.params).catch(() => undefined);
    });
  }

  /** As they are sent: by section, all sections in one object. */
  #checkedSettings(raw: unknown): unknown {
    if (!isSent(raw)) return raw;
    const settings = copyOf(raw);
    for (const [name, value] of Object.entries(settings)) settings[name] = this.#checker.checked(name, value);
    return settings;
  }
}

/** Without settings, the server asks for them. */
const isSent = (raw: unknown): boolean => typeof raw === 'object' && raw !== null;

/** Subscribes for as long as something else holds the subscriber. */
function whileAlive<T extends object>(subscriber: T, subscribe: OnHostEvent, call: (subscriber: T) => void): void {
  const reference = new WeakRef(subscriber);
  const subscription = subscribe(() => {
    const alive = reference.deref();
    if (alive === undefined) subscription.dispose();
    else call(alive);
  });
}
