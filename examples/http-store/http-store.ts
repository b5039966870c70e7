import { StoreError, type Disposable, type Layer, type RawSetting, type Scope, type SettingsDefinition, type Store, type StoreReason, type Target, type WriteOptions, type WriteRequest } from 'holdfast';
import { isDeepStrictEqual } from 'node:util';

type Document = Record<string, unknown>;
type Slot = Omit<WriteRequest, 'value'>;

interface Version {
  readonly document: Document;
  readonly revision: string;
}

/**
 * Settings kept by a web server, as one JSON document (see settings-server.ts): the team's settings, say. There is one
 * target, `user`. What other clients change is seen at once, by a request that the server answers when there is news.
 */
export class HttpStore implements Store {
  readonly name: string;
  readonly #url: string;
  readonly #section: string;
  readonly #listeners = new Set<{ readonly call: () => void }>();
  readonly #ended = new AbortController();
  #known: Version = { document: {}, revision: '' };
  #watching = false;
  /** Writes of this store wait for each other: each needs the revision that the one before has made. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(definition: SettingsDefinition, url: string) {
    this.name = url;
    this.#url = url;
    this.#section = definition.section;
  }

  async load(): Promise<void> {
    this.#learn(await this.#fetch());
    if (!this.#watching) void this.#watch();
  }

  read(key: string, { languageId }: Scope): RawSetting {
    const layers = new Map<Layer, unknown>();
    const plain = valueIn(this.#known.document, this.#path(key, {}));
    if (plain !== undefined) layers.set('user', plain);
    const special = languageId === undefined ? undefined : valueIn(this.#known.document, this.#path(key, { languageId }));
    if (special !== undefined) layers.set('user-language', special);
    return { effective: special ?? plain, layers };
  }

  write(request: WriteRequest, options: WriteOptions): Promise<void> {
    const written = this.#lastWrite.catch(() => undefined).then(() => this.#write(request, options));
    this.#lastWrite = written;
    return written;
  }

  async readBack({ key, target, scope }: Slot): Promise<unknown> {
    this.fileOf(target);
    return valueIn((await this.#fetch()).document, this.#path(key, scope));
  }

  async probe(target: Target): Promise<void> {
    this.fileOf(target);
    await this.#fetch();
  }

  fileOf(target: Target): string {
    if (target !== 'user') throw new StoreError('scope', `${this.name} keeps user settings alone, and no ${target} settings.`);
    return this.#url;
  }

  defaultTarget(): Target {
    return 'user';
  }

  trusted(): boolean {
    return true;
  }

  onDidChange(listener: () => void): Disposable {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  dispose(): void {
    this.#listeners.clear();
    this.#ended.abort();
  }

  async #write({ key, value, target, scope }: WriteRequest, { signal, expected }: WriteOptions): Promise<void> {
    this.fileOf(target);
    const path = this.#path(key, scope);
    for (;;) {
      const { document, revision } = await this.#fetch({ signal });
      if (expected !== undefined && !isDeepStrictEqual(valueIn(document, path), expected.value)) {
        throw new StoreError('newer', `"${key}" was changed by someone else meanwhile.`);
      }
      const next = withValue(document, path, value);
      const response = await this.#request({ method: 'PUT', headers: { 'if-match': revision }, body: JSON.stringify(next), signal });
      // Another client was quicker: merge with what it has written.
      if (response.status === 412) continue;
      this.#learn({ document: next, revision: response.headers.get('etag') ?? '' });
      return;
    }
  }

  async #fetch(init: RequestInit = {}): Promise<Version> {
    const response = await this.#request(init);
    return { document: await response.json() as Document, revision: response.headers.get('etag') ?? '' };
  }

  async #request(init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#url, init);
    } catch (cause) {
      throw new StoreError('io', `${this.name} cannot be reached.`, { cause });
    }
    if (response.ok || response.status === 412) return response;
    throw new StoreError(reasons[response.status] ?? 'io', `${this.name} answered ${response.status} ${response.statusText}.`);
  }

  /** Until the store is disposed, one request is always waiting for news. */
  async #watch(): Promise<void> {
    this.#watching = true;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        this.#learn(await this.#fetch({ signal, headers: { 'if-none-match': this.#known.revision, prefer: 'wait=25' } }));
      } catch {
        // The server is away: look again in a while. Writes find out for themselves.
        await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
      }
    }
  }

  #learn(version: Version): void {
    if (version.revision === this.#known.revision) return;
    this.#known = version;
    for (const { call } of [...this.#listeners]) call();
  }

  #path(key: string, { languageId }: Scope): readonly string[] {
    const name = `${this.#section}.${key}`;
    return languageId === undefined ? [name] : [`[${languageId}]`, name];
  }
}

const reasons: Readonly<Record<number, StoreReason>> = { 401: 'permission', 403: 'permission', 405: 'read-only', 507: 'no-space' };

function valueIn(document: Document, path: readonly string[]): unknown {
  return path.reduce<unknown>((inside, name) => (inside !== null && typeof inside === 'object' && Object.hasOwn(inside, name) ? (inside as Document)[name] : undefined), document);
}

function withValue(document: Document, [name, ...rest]: readonly string[], value: unknown): Document {
  if (name === undefined) return document;
  const { [name]: old, ...others } = document;
  const inside = rest.length === 0 ? value : withValue((old ?? {}) as Document, rest, value);
  return inside === undefined ? others : { ...others, [name]: inside };
}
