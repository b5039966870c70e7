import { sameData } from '../settings/plain-data.ts';
import { settingName } from '../settings/setting-key.ts';
import type { Disposable } from '../store/store.ts';
import type { ConfigurationService } from './service.ts';
import type { SettingsChange } from './reads/settings-change.ts';
import { keyOf, memberOf } from './reads/sections.ts';

/** What is used of a service, or of a reader of settings: any of them. */
export interface CheckedSettings {
  readonly definition: Pick<ConfigurationService['definition'], 'section' | 'keys' | 'check'>;
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
        const { items } = params as ConfigurationParams;
        const answer = (given: unknown, which: Which): unknown => (
          Array.isArray(given) ? given.map((raw, index) => checker.checked(which, items[index]?.section ?? '', raw, items[index]?.scopeUri)) : given
        );
        if (own.workspace?.configuration === undefined) return answer(await next(params, token), 'all') as never;
        const checkedNext = async (...asked: [typeof params, typeof token]): Promise<unknown> => answer(await next(...asked), 'all');
        return answer(await own.workspace.configuration(params, token, checkedNext), 'invalid') as never;
      },
      didChangeConfiguration(sections, next) {
        const sending = (...given: [typeof sections]): Promise<void> => {
          sender.onClient();
          return next(...given);
        };
        return own.workspace?.didChangeConfiguration === undefined ? sending(sections) : own.workspace.didChangeConfiguration(sections, sending);
      },
    },
    sendNotification(type, next, params) {
      const theirs = own.sendNotification;
      const send = next as unknown as Send;
      if (methodOf(type) !== notification) return theirs === undefined ? send(type, params) : theirs(type, next, params);
      if (theirs === undefined) return sender.send(type, params, send);
      const last: Send = (message, content) => send(message, checker.checkedParams('invalid', content));
      return sender.send(type, params, (message, content) => theirs(message, last as never, content));
    },
  };
  return { ...own, ...made } as M & LanguageClientMiddleware;
}

const methodOf = (type: Message): string => (typeof type === 'string' ? type : type.method);

/**
 * Which values are replaced by those that the service serves: all, of what VS Code says; or those that are invalid, of what the extension itself
 * has made of them (it may put a path in the place of a variable).
 */
type Which = 'all' | 'invalid';

/** Puts checked values in the place of others. */
class Checker {
  readonly services: readonly CheckedSettings[];
  readonly #folder: string | undefined;

  constructor(services: readonly CheckedSettings[], folder: string | undefined) {
    this.services = services;
    this.#folder = folder;
  }

  /** What is said of a section (`''`: of all), with checked values. */
  checked(which: Which, section: string, raw: unknown, scopeUri?: string | null): unknown {
    const resource = scopeUri ?? this.#folder;
    return this.services.reduce((value, service) => checkedBy(service, which, section, value, resource === undefined ? {} : { resource }), raw);
  }

  /** What a notification says: all sections in one object. */
  checkedParams(which: Which, given: unknown): { readonly settings?: unknown } {
    const params = (given ?? {}) as { readonly settings?: unknown };
    if (!isSent(params.settings)) return params;
    const settings = copyOf(params.settings);
    for (const [name, value] of Object.entries(settings)) settings[name] = this.checked(which, name, value);
    return { ...params, settings };
  }
}

function checkedBy(service: CheckedSettings, which: Which, section: string, raw: unknown, scope: { readonly resource?: string }): unknown {
  const { definition } = service;
  const isKept = (key: string, value: unknown): boolean => which === 'invalid' && (value === undefined || definition.check(key, value).ok);
  const asked = keyOf(definition, section);
  // A setting, or a member of an object: `null` is what the protocol says for "nothing".
  const above = asked === undefined ? undefined : definition.keys.find((key) => key === asked || asked.startsWith(`${key}.`));
  if (above !== undefined) {
    if (which === 'invalid' && (asked !== above || isKept(above, raw))) return raw;
    const value = service.get(above, scope);
    return (asked === above ? value : memberOf(value, asked!.slice(above.length + 1).split('.'))) ?? null;
  }
  const prefix = section === '' ? '' : `${section}.`;
  const paths = definition.keys.flatMap((key) => {
    const name = settingName(definition.section, key);
    return name.startsWith(prefix) ? [{ key, path: name.slice(prefix.length).split('.') }] : [];
  });
  const replaced = paths.filter(({ key, path }) => !isKept(key, memberOf(raw, path)));
  if (replaced.length === 0) return raw;
  const values = copyOf(raw);
  for (const { key, path } of replaced) {
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

interface Sent {
  readonly type: Message;
  /** As it came, and as it went. */
  readonly given: unknown;
  readonly params: { readonly settings?: unknown };
  readonly send: Send;
}

/** Tells a server that settings have changed: what has changed for it, once, and also when VS Code's own event came too early. */
class Sender {
  readonly #checker: Checker;
  /** What the client has sent last of what VS Code says. */
  #last: Sent | undefined;
  /** An event of VS Code is going on, and the client tells the server of it. */
  #hostEvent: 'none' | 'going on' | 'told' = 'none';
  /** The client's notifications that are on their way, and whether an event of VS Code has caused them: others are the extension's own. */
  readonly #onTheWay: { readonly inEvent: boolean }[] = [];

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  onHostEvent(): void {
    if (this.#hostEvent !== 'none') return;
    this.#hostEvent = 'going on';
    setTimeout(() => (this.#hostEvent = 'none'));
  }

  onClient(): void {
    const inEvent = this.#hostEvent !== 'none';
    this.#onTheWay.push({ inEvent });
    if (inEvent) this.#hostEvent = 'told';
  }

  async send(type: Message, given: unknown, send: Send): Promise<void> {
    const own = this.#onTheWay.shift();
    if (own === undefined) return send(type, this.#checker.checkedParams('invalid', given));
    const params = this.#checker.checkedParams('all', given);
    const before = this.#last;
    this.#last = { type, given, params, send };
    // A value was invalid, or is served already: nothing has changed. A server that has just started knows nothing yet.
    if (own.inEvent && before !== undefined && isSent(params.settings) && sameData(before.params.settings, params.settings)) return;
    await send(type, params);
  }

  /** Values are served that VS Code's event may not tell of: of a transaction that has ended, of a workspace that is trusted now. */
  onChange(): void {
    // All who hear of an event of VS Code do so within one task: the client too.
    queueMicrotask(() => {
      if (this.#last === undefined || this.#hostEvent === 'told') return;
      const { type, given, params: before, send } = this.#last;
      const params = this.#checker.checkedParams('all', given);
      if (isSent(params.settings) && sameData(before.settings, params.settings)) return;
      this.#last = { type, given, params, send };
      // A client that has stopped refuses: its server asks again when it starts.
      send(type, params).catch(() => undefined);
    });
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
