import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { WebSocket, type ClientOptions } from 'ws';
import { startLoopbackServer, type LoopbackOptions, type LoopbackServer, type StreamName } from '../../../src/inspect/loopback-server.ts';
import type { InspectedActor } from '../../../src/inspect/recorder.ts';
import { until } from '../../limits.ts';
import { bench, leavesNothing, type Bench } from '../service/support.ts';

interface Message {
  readonly type: string;
  readonly name?: string;
  readonly sessionId: string;
  readonly parentId?: string;
  readonly rootId: string;
  readonly _version: string;
  readonly event?: { readonly type: string };
  readonly snapshot?: { readonly status: string; readonly value: unknown; readonly context: Record<string, unknown> };
  readonly definition?: string;
}

describe('Loopback server', () => {
  leavesNothing();
  const open: { servers: LoopbackServer[]; sockets: (WebSocket | Socket)[] } = { servers: [], sockets: [] };

  afterEach(async () => {
    for (const socket of open.sockets.splice(0)) {
      if (socket instanceof WebSocket) socket.terminate();
      else socket.destroy();
    }
    await Promise.all(open.servers.splice(0).map((server) => server.dispose()));
  });

  async function start(options: LoopbackOptions = {}): Promise<{ made: Bench; server: LoopbackServer }> {
    const made = await bench();
    const server = await startLoopbackServer(options);
    open.servers.push(server);
    server.attach('test', made.service.supervisor as unknown as InspectedActor);
    return { made, server };
  }

  async function client(server: LoopbackServer, stream: StreamName = 'stately', options: ClientOptions = {}): Promise<{ socket: WebSocket; messages: Message[] }> {
    const socket = new WebSocket(server.url(stream), options);
    open.sockets.push(socket);
    const messages: Message[] = [];
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
    await once(socket, 'open');
    return { socket, messages };
  }

  /** The HTTP status that an attempt to connect is refused with. */
  async function refusal(url: string, options: ClientOptions = {}): Promise<number> {
    const socket = new WebSocket(url, options);
    open.sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => reject(new Error('was let in')));
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
    });
  }

  it('P53 tells of actors, events and snapshots in the shape of the Stately inspector', async () => {
    const { made, server } = await start();
    const { messages } = await client(server);
    await until('both actors are told of', () => messages.length === 2);
    expect(messages.map(({ type, name }) => [type, name])).to.deep.equal([['@xstate.actor', 'supervisor'], ['@xstate.actor', 'lifecycle']]);
    expect(messages[1]!.parentId).to.equal(messages[0]!.sessionId);
    expect(messages[1]!.rootId).to.equal(messages[0]!.sessionId);
    expect((JSON.parse(messages[0]!.definition!) as { id: string }).id).to.equal('supervisor');
    await made.openBreaker();
    const breaker = (): string | undefined => messages.find(({ name }) => name === 'breaker:user settings')?.sessionId;
    const last = (): Message | undefined => messages.findLast(({ type, sessionId }) => type === '@xstate.snapshot' && sessionId === breaker());
    await until('the breaker is open', () => typeof last()?.snapshot?.value === 'object');
    expect(last()!.snapshot!.value).to.deep.equal({ OPEN: { cooling: 'resting' } });
    expect(messages.filter(({ type, sessionId, event }) => type === '@xstate.event' && sessionId === breaker() && event!.type === 'FAILURE')).to.have.length(5);
    expect(messages.every(({ _version }) => typeof _version === 'string')).to.equal(true);
  });

  it('P53 is on 127.0.0.1 alone', async () => {
    const { server } = await start();
    const others = Object.values(networkInterfaces()).flat().filter((each) => each !== undefined && !each.internal && each.family === 'IPv4');
    for (const other of others) {
      const socket = connect(server.port, other!.address);
      open.sockets.push(socket);
      const [error] = await once(socket, 'error') as [NodeJS.ErrnoException];
      expect(error.code).to.be.oneOf(['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'EACCES']);
    }
  });

  it('P53 lets nobody in without the token', async () => {
    const { server } = await start();
    const base = `ws://127.0.0.1:${server.port}/stately`;
    expect(await refusal(base)).to.equal(401);
    for (const token of ['', 'wrong', server.token.slice(1), `${server.token}x`, '%00', 'x'.repeat(4_000)]) expect(await refusal(`${base}?token=${token}`), token).to.equal(401);
    expect(await refusal(base, { headers: { authorization: 'Bearer wrong' } })).to.equal(401);
    const socket = new WebSocket(base, { headers: { authorization: `Bearer ${server.token}` } });
    open.sockets.push(socket);
    await once(socket, 'open');
    await startLoopbackServer({ token: 'short' }).then(() => expect.fail(), (error: unknown) => expect(error).to.be.instanceOf(RangeError));
    expect(server.clients).to.equal(1);
  });

  it('P53 lets no page in whose origin is not allowed, nor one that goes by another name', async () => {
    const { server } = await start({ origins: ['http://localhost:5173'] });
    for (const origin of ['https://evil.example', 'null', 'http://localhost:5173.evil.example', 'http://localhost', 'vscode-webview://x']) expect(await refusal(server.url('stately'), { origin }), origin).to.equal(403);
    expect(await refusal(server.url('stately'), { headers: { host: `evil.example:${server.port}` } })).to.equal(403);
    expect(await refusal(server.url('stately').replace('/stately', '/other'))).to.equal(404);
    expect(await refusal(server.url('stately').replace('/stately', '/__proto__'))).to.equal(404);
    await client(server, 'stately', { origin: 'http://localhost:5173' });
    expect(server.clients).to.equal(1);
  });

  it('P53 survives garbage: no HTTP, no frames, no JSON, no sense', async () => {
    const { made, server } = await start();
    for (const text of ['\0\0\0\0', 'GET / HTTP/1.1\r\n\r\n', 'nonsense\r\n\r\n', `GET /stately?token=${server.token} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`]) {
      const socket = connect(server.port, '127.0.0.1');
      open.sockets.push(socket);
      socket.on('error', () => undefined).resume();
      socket.write(text);
      await once(socket, 'close');
    }
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).to.equal(426);
    // Frames that break the protocol.
    const raw = connect(server.port, '127.0.0.1');
    open.sockets.push(raw);
    raw.on('error', () => undefined);
    raw.write(`GET /stately?token=${server.token} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
    await once(raw, 'data');
    raw.resume().write(Buffer.alloc(1_000, 0xff));
    await once(raw, 'close');
    // Messages that mean nothing.
    const { socket, messages } = await client(server, 'xstate4');
    for (const text of ['', 'x', 'null', '1', '[]', '{', '{"type":1}', '{"type":"service.stop"}', '{"type":"xstate.event","event":"{\\"type\\":\\"DISPOSE\\"}"}', '{"__proto__":{"type":"xstate.inspecting"}}', '['.repeat(30_000)]) socket.send(text);
    socket.send(Buffer.from('{"type":"xstate.inspecting"}'), { binary: true });
    socket.send('{"type":"xstate.inspecting"}');
    await until('two actors and their events are told of', () => messages.length >= 4);
    expect(messages.map(({ type }) => type)).to.deep.equal(['service.register', 'service.event', 'service.register', 'service.event']);
    for (let i = 0; i < 200; i++) socket.send('x');
    const [code] = await once(socket, 'close') as [number];
    expect(code).to.equal(1008);
    expect(made.service.status).to.equal('healthy');
    await until('it has no client', () => server.clients === 0);
  });

  it('P53 ends a client that sends 10 MB, and goes on with the others', async () => {
    const { made, server } = await start();
    const good = await client(server);
    const { socket } = await client(server);
    socket.send('x'.repeat(10 * 1024 * 1024));
    await once(socket, 'close');
    await until('it has one client', () => server.clients === 1);
    const before = good.messages.length;
    await made.end(made.service.update('count', 5));
    await until('the other client is told more', () => good.messages.length > before);
  });

  it('P53 tells 100 clients, and turns away those above the limit', async () => {
    const { made, server } = await start({ maxClients: 100 });
    const clients = await Promise.all(Array.from({ length: 100 }, (_, index) => client(server, index % 2 === 0 ? 'stately' : 'xstate4')));
    expect(server.clients).to.equal(100);
    expect(await refusal(server.url('stately'))).to.equal(503);
    await made.end(made.service.update('count', 5));
    made.service.supervisor.send({ type: 'LAST' } as never);
    const told = clients.filter((_, index) => index % 2 === 0).map(({ messages }) => messages);
    const isLast = ({ event }: Message): boolean => event?.type === 'LAST';
    await until('every client of the first stream is told of the last event', () => told.every((messages) => messages.some(isLast)));
    expect(told[0]!.some(({ name }) => name === 'breaker:user settings')).to.equal(true);
    expect(new Set(told.map((messages) => messages.findIndex(isLast)))).to.have.property('size', 1);
    for (const { socket } of clients) socket.close();
    await until('it has no client', () => server.clients === 0);
  });

  it('P53 drops a client that does not read, before it fills the memory', async () => {
    const { made, server } = await start({ maxWaiting: 64 * 1024 });
    const { socket } = await client(server);
    socket.pause();
    for (let i = 0; i < 40_000 && server.clients > 0; i++) {
      made.service.supervisor.send({ type: 'OPEN_FILE', file: undefined } as never);
      made.service.supervisor.getSnapshot().children['lifecycle']!.send({ type: 'LOADED', invalid: 0 } as never);
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.clients).to.equal(0);
  });

  it('P51 sends no secret', async () => {
    const { made, server } = await start({ redact: (text) => text.replaceAll('hush', '••••••') });
    const texts: string[] = [];
    for (const stream of ['stately', 'xstate4'] as const) (await client(server, stream)).socket.on('message', (data: Buffer) => texts.push(data.toString()));
    await made.end(made.service.update('token', 'in the settings'));
    made.service.supervisor.send({ type: 'UNKNOWN', error: new Error('hush') } as never);
    await until('both streams have told of both', () => texts.filter((text) => text.includes('••••••')).length === 2 * 2);
    expect(texts.join('')).not.to.include('hush').and.not.include('in the settings');
  });

  it('follows nothing while nobody listens, and leaves nothing when it is closed', async () => {
    const made = await bench();
    const supervisor = made.service.supervisor as unknown as InspectedActor;
    let observers = 0;
    const { inspect } = supervisor.system;
    supervisor.system.inspect = (observer) => {
      observers++;
      const subscription = inspect.call(supervisor.system, observer);
      return { unsubscribe: () => void (observers--, subscription.unsubscribe()) };
    };
    const handles = (): string[] => process.getActiveResourcesInfo().filter((name) => /TCP|Pipe/.test(name));
    const before = handles();
    const server = await startLoopbackServer();
    const attached = server.attach('test', supervisor);
    expect(observers).to.equal(0);
    const { socket } = await client(server);
    expect(observers).to.equal(1);
    attached.dispose();
    expect(observers).to.equal(0);
    server.attach('test', supervisor);
    expect(observers).to.equal(1);
    const idle = connect(server.port, '127.0.0.1');
    idle.on('error', () => undefined);
    await once(idle, 'connect');
    const closed = once(socket, 'close');
    await Promise.all([server.dispose(), server.dispose()]);
    const [code] = await closed as [number];
    expect([code, observers, server.clients]).to.deep.equal([1001, 0, 0]);
    idle.destroy();
    await until('no connection is left', () => handles().length <= before.length);
    const again = connect(server.port, '127.0.0.1');
    const [error] = await once(again, 'error') as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
  });
});
