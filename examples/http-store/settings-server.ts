import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

type Document = Record<string, unknown>;

/**
 * A server that keeps settings: one JSON document, which is read with `GET`, and with `PUT` replaced by who knows its
 * present revision (`If-Match`). A `GET` with `If-None-Match` and `Prefer: wait=<seconds>` is answered when the document
 * has changed.
 */
export class SettingsServer {
  #document: Document = {};
  readonly #waiting = new Set<() => void>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  /** What is kept. Setting it is what another client would do. */
  get document(): Document {
    return this.#document;
  }

  set document(document: Document) {
    this.#document = document;
    for (const answer of [...this.#waiting]) answer();
  }

  /** Resolves to the address. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}/settings`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  get #revision(): string {
    return `"${createHash('sha256').update(JSON.stringify(this.#document)).digest('hex').slice(0, 16)}"`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      const wait = Number(/wait=(\d+)/.exec(String(request.headers.prefer))?.[1] ?? 0);
      if (wait > 0 && request.headers['if-none-match'] === this.#revision) await this.#changed(wait, response);
      response.writeHead(200, { 'content-type': 'application/json', etag: this.#revision }).end(JSON.stringify(this.#document));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'PUT') return void response.writeHead(405).end();
    if (request.headers['if-match'] !== this.#revision) return void response.writeHead(412).end();
    this.document = JSON.parse(Buffer.concat(chunks).toString()) as Document;
    response.writeHead(204, { etag: this.#revision }).end();
  }

  /** Resolves at the next change, after `seconds`, or when the client has gone. */
  #changed(seconds: number, response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      this.#waiting.add(done);
      response.once('close', done);
    });
  }
}
