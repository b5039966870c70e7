import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { LiveActors, type LiveActor, type LiveListener } from './live.ts';
import type { InspectedActor } from './recorder.ts';
import { StatelyFormat } from './stately-format.ts';
import { asksForAll, XState4Format } from './xstate4-bridge.ts';

/**
 * What the actors do, told to other inspectors over WebSockets of this machine alone (P53). Nothing is listened to
 * until `startLoopbackServer` is called; nothing that a client sends reaches an actor.
 */

/** `stately`: the shape of the Stately inspector. `xstate4`: that of @xstate/inspect 0.8.0. */
export type StreamName = 'stately' | 'xstate4';

export interface LoopbackOptions {
  /** What a client must know, of at least 16 characters. Default: random. */
  readonly token?: string;
  /** Web pages that may connect, such as `http://localhost:5173`. Default: none. What is no browser sends no origin. */
  readonly origins?: readonly string[];
  /** Default: any that is free. */
  readonly port?: number;
  /** More are turned away. Default 128. */
  readonly maxClients?: number;
  /** A client for which more bytes wait is dropped. Default 8 MiB. */
  readonly maxWaiting?: number;
  /** Takes out of a text what must not be told, such as secrets. */
  readonly redact?: (text: string) => string;
}

export interface LoopbackServer {
  readonly port: number;
  readonly token: string;
  /** The clients that are connected now. */
  readonly clients: number;
  /** What to connect to, with the token in it. */
  url(stream: StreamName): string;
  /** Tells of a service from now on. @returns what ends that */
  attach(service: string, supervisor: InspectedActor): { dispose(): void };
  /** Ends all connections. Resolves when nothing is left. */
  dispose(): Promise<void>;
}

/** Clients have nothing to say but one short message. */
const maxFrame = 64 * 1024;
/** After so many messages that mean nothing a client is dropped. */
const maxNonsense = 100;
const shortestToken = 16;
const host = '127.0.0.1';

export async function startLoopbackServer(options: LoopbackOptions = {}): Promise<LoopbackServer> {
  const { token = randomBytes(32).toString('base64url'), origins = [], port = 0, maxClients = 128, maxWaiting = 8 * 1024 * 1024, redact } = options;
  if (token.length < shortestToken) throw new RangeError(`The token must have at least ${shortestToken} characters.`);
  const http = createServer((_request, response) => {
    response.writeHead(426, { connection: 'close', 'content-type': 'text/plain' }).end('WebSockets only.\n');
  });
  http.headersTimeout = 5_000;
  http.requestTimeout = 5_000;
  http.maxConnections = maxClients + 64;
  // Never echoes what it was sent.
  http.on('clientError', (_error, socket) => socket.destroy());
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrame, perMessageDeflate: false, clientTracking: false });
  const streams: Record<StreamName, Stream> = {
    stately: new Stream((send) => new StatelyFormat(send, redact), true, maxWaiting),
    xstate4: new Stream((send) => new XState4Format(send, redact), false, maxWaiting),
  };
  const all = Object.values(streams);
  const count = (): number => all.reduce((sum, { clients }) => sum + clients.size, 0);

  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const answer = judge(request);
    if (typeof answer === 'number') {
      refuse(socket, answer);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => answer.add(client));
  });

  /** The stream that a client may have, or the HTTP status it is refused with. */
  function judge(request: IncomingMessage): Stream | number {
    const address = (http.address() as AddressInfo | null)?.port;
    // A page of another site whose name was made to point here (DNS rebinding).
    if (request.headers.host !== `${host}:${address}` && request.headers.host !== `localhost:${address}`) return 403;
    if (request.headers.origin !== undefined && !origins.includes(request.headers.origin)) return 403;
    let url: URL;
    try {
      url = new URL(request.url ?? '/', `http://${host}`);
    } catch {
      return 400;
    }
    const given = url.searchParams.get('token') ?? /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (given === undefined || !sameText(given, token)) return 401;
    const name = url.pathname.slice(1);
    if (!Object.hasOwn(streams, name)) return 404;
    return count() >= maxClients ? 503 : streams[name as StreamName];
  }

  http.listen({ host, port, exclusive: true });
  await once(http, 'listening');
  const actual = (http.address() as AddressInfo).port;
  let disposal: Promise<void> | undefined;
  return {
    port: actual,
    token,
    get clients() {
      return count();
    },
    url: (stream) => `ws://${host}:${actual}/${stream}?token=${encodeURIComponent(token)}`,
    attach(service, supervisor) {
      const ends = all.map((stream) => stream.attach(service, supervisor));
      return { dispose: () => ends.forEach((end) => end.dispose()) };
    },
    dispose() {
      disposal ??= (async () => {
        const closed = once(http, 'close');
        http.close();
        await Promise.all(all.map((stream) => stream.dispose()));
        http.closeAllConnections();
        await closed;
      })();
      return disposal;
    },
  };
}

interface Format extends LiveListener {
  replay(actors: readonly LiveActor[]): void;
}

/** One way of telling, for all who listen to it. While nobody does it follows nothing. */
class Stream {
  readonly clients = new Set<WebSocket>();
  readonly #services = new Map<object, { readonly service: string; readonly supervisor: InspectedActor; following?: { dispose(): void } }>();
  readonly #live: LiveActors;
  readonly #format: Format;
  /** Clients are told all at once, unless they ask for it. */
  readonly #greets: boolean;
  readonly #maxWaiting: number;
  /** While one client is told what is there, the others need not hear it again. */
  #only: WebSocket | undefined;

  constructor(format: (send: (text: string) => void) => Format, greets: boolean, maxWaiting: number) {
    this.#format = format((text) => this.#send(text));
    this.#live = new LiveActors(this.#format);
    this.#greets = greets;
    this.#maxWaiting = maxWaiting;
  }

  attach(service: string, supervisor: InspectedActor): { dispose(): void } {
    const key = {};
    this.#services.set(key, { service, supervisor });
    if (this.clients.size > 0) this.#follow();
    return {
      dispose: () => {
        this.#services.get(key)?.following?.dispose();
        this.#services.delete(key);
      },
    };
  }

  add(client: WebSocket): void {
    let nonsense = 0;
    client.on('error', () => client.terminate());
    client.on('close', () => this.#remove(client));
    client.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary && asksForAll(data.toString())) this.#replayFor(client);
      else if (++nonsense > maxNonsense) client.close(1008, 'nonsense');
    });
    // What is there is followed before the client is one of those who are told, so that it hears it once.
    this.#follow();
    this.clients.add(client);
    if (this.#greets) this.#replayFor(client);
  }

  async dispose(): Promise<void> {
    const ends = [...this.clients].map((client) => {
      const closed = once(client, 'close');
      client.close(1001, 'The inspector was closed.');
      // A client that does not answer is not waited for.
      const timer = setTimeout(() => client.terminate(), 500);
      return closed.then(() => clearTimeout(timer));
    });
    await Promise.all(ends);
    this.#unfollow();
    this.#services.clear();
  }

  #follow(): void {
    for (const each of this.#services.values()) each.following ??= this.#live.attach(each.service, each.supervisor);
  }

  #unfollow(): void {
    for (const each of this.#services.values()) {
      each.following?.dispose();
      delete each.following;
    }
  }

  #remove(client: WebSocket): void {
    this.clients.delete(client);
    if (this.clients.size === 0) this.#unfollow();
  }

  #replayFor(client: WebSocket): void {
    this.#only = client;
    this.#format.replay(this.#live.actors);
    this.#only = undefined;
  }

  #send(text: string): void {
    if (this.#only !== undefined) this.#sendTo(this.#only, text);
    else for (const client of this.clients) this.#sendTo(client, text);
  }

  #sendTo(client: WebSocket, text: string): void {
    if (client.readyState !== client.OPEN) return;
    // One that does not read must not fill the memory.
    if (client.bufferedAmount > this.#maxWaiting) client.terminate();
    else client.send(text);
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

/** Takes as long for a token that is nearly right as for any other. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
