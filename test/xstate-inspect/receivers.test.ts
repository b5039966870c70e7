import { expect } from 'chai';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { startLoopbackServer } from '../../src/inspect/loopback-server.ts';
import type { InspectedActor } from '../../src/inspect/recorder.ts';
import { bridgeToXState4 } from '../../src/inspect/xstate4-bridge.ts';
import { install } from '../../tools/on-demand.ts';
import { until } from '../limits.ts';
import { bench, definition, leavesNothing, type Bench } from '../unit/service/support.ts';

/** What a receiver reports, as far as it is looked at here. */
interface Received {
  readonly type: 'service.register' | 'service.state' | 'service.event' | 'service.stop';
  readonly sessionId: string;
  readonly id?: string;
  readonly parent?: string;
  readonly machine?: { readonly id: string; readonly key: string; readonly initial?: string; getStateNodeById(id: string): StateNode4 };
  readonly state?: { readonly value: unknown; readonly context: Record<string, unknown>; matches(state: string): boolean };
  readonly event?: { readonly name: string; readonly $$type: string; readonly data: Record<string, unknown> };
}

interface StateNode4 {
  readonly id: string;
  readonly type: string;
  readonly transitions: readonly { readonly eventType: string; readonly cond?: { readonly name: string }; readonly target?: readonly { readonly id: string }[] }[];
}

interface Receiver {
  subscribe(next: (event: Received) => void): { unsubscribe(): void };
  stop?(): void;
}

interface InspectPackage {
  createWebSocketReceiver(options: { server: string }): Receiver;
  createWindowReceiver(options: { window: unknown; targetWindow: unknown }): Receiver;
}

/** What has been received, made sense of. */
class Seen {
  readonly all: Received[] = [];

  listen(receiver: Receiver): this {
    receiver.subscribe((event) => this.all.push(event));
    return this;
  }

  actor(name: string): Received | undefined {
    return this.all.findLast((event) => event.type === 'service.register' && event.id === name);
  }

  of<T extends Received['type']>(type: T, name: string): Received[] {
    const ids = new Set(this.all.filter((event) => event.type === 'service.register' && event.id === name).map(({ sessionId }) => sessionId));
    return this.all.filter((event) => event.type === type && ids.has(event.sessionId));
  }

  sessions(type: Received['type'], name: string): string[] {
    return [...new Set(this.of(type, name).map(({ sessionId }) => sessionId))];
  }

  /** The top states of a breaker, in order and each once. */
  modes(name: string): string[] {
    const values = this.of('service.state', name).map(({ state }) => (typeof state!.value === 'string' ? state!.value : Object.keys(state!.value as object)[0]!));
    return values.filter((value, index) => value !== values[index - 1]);
  }
}

const breaker = 'breaker:user settings';

/** The breaker opens, heals and closes; then a child crashes, and all ends. */
async function outage(made: Bench): Promise<void> {
  const { service, store, clock, end } = made;
  store.writeFaults.push({ kind: 'fail', reason: 'io' });
  await end(service.update('count', 7));
  await made.openBreaker();
  store.heal();
  await clock.advance(60_000);
  await end(service.update('token', 'hush-hush-4711'));
  await clock.advance(60_000);
  const hostile = Object.defineProperty({ type: 'HOSTILE' }, 'type', { get: () => { throw new Error('crash'); } });
  service.supervisor.getSnapshot().children['lifecycle']!.send(hostile as never);
  await clock.flush();
  await clock.run(service.dispose());
}

function expectOutage(seen: Seen, { service }: Bench): void {
  const supervisor = seen.actor('supervisor')!;
  expect(supervisor.parent).to.equal(undefined);
  expect(supervisor.machine!.id).to.equal('supervisor');
  for (const name of ['lifecycle', breaker, 'queue:user settings', 'retry:1']) {
    expect(seen.actor(name), name).not.to.equal(undefined);
    expect(seen.actor(name)!.parent, name).to.equal(supervisor.sessionId);
  }
  expect(seen.modes(breaker).join(' ')).to.match(/OPEN HALF_OPEN CLOSED$/);
  const machine = seen.actor(breaker)!.machine!;
  expect(machine.id).to.equal('circuit-breaker');
  expect(machine.getStateNodeById('circuit-breaker.OPEN.held').type).to.equal('atomic');
  const closed = machine.getStateNodeById('circuit-breaker.CLOSED').transitions.filter(({ eventType }) => eventType === 'FAILURE');
  expect(closed.map(({ cond, target }) => [cond?.name, target?.[0]?.id])).to.deep.equal([['thresholdReached', 'circuit-breaker.OPEN'], ['isCurrent', undefined]]);
  const cooling = machine.getStateNodeById('circuit-breaker.OPEN.cooling');
  const names = seen.of('service.event', breaker).map(({ event }) => event!.name);
  expect(names).to.include('FAILURE');
  // A timer has the same name in the chart and in what happened.
  expect(cooling.transitions.map(({ eventType }) => eventType)).to.include('xstate.after(openFor)#circuit-breaker.OPEN.cooling');
  expect(names.filter((name) => name.startsWith('xstate.after(')), names.join()).not.to.deep.equal([]);
  expect(seen.all.every(({ type, event }) => type !== 'service.event' || (event!.$$type === 'scxml' && event!.data['type'] === event!.name))).to.equal(true);
  expect(seen.of('service.event', 'supervisor').map(({ event }) => event!.name)).to.include('error.platform.lifecycle');
  expect(seen.of('service.state', 'supervisor').at(-1)!.state!.value).to.deep.include({ phase: 'stopped' });
  // The lifecycle crashed, and was started again: two of that name, and each has ended.
  // (A receiver that asks again is told of one actor again.)
  expect(seen.sessions('service.register', 'lifecycle')).to.have.length(2);
  for (const name of ['lifecycle', breaker, 'queue:user settings', 'retry:1']) {
    expect(seen.sessions('service.stop', name), `${name} stops`).to.deep.equal(seen.sessions('service.register', name));
  }
  expect(JSON.stringify(seen.all.map(({ state, event }) => [state?.context, event]))).not.to.include('hush-hush');
  expect(service.status).to.equal('unhealthy');
}

describe('@xstate/inspect 0.8.0 and its own receivers', () => {
  leavesNothing();
  let inspect: InspectPackage;
  const global = globalThis as { WebSocket?: unknown };
  const builtIn = global.WebSocket;
  const { warn } = console;
  const warnings: unknown[] = [];

  before(async () => {
    console.warn = (...words) => void warnings.push(words);
    const load = await install('tools/xstate-inspect');
    global.WebSocket = load('ws');
    inspect = load('@xstate/inspect') as InspectPackage;
    expect((load('xstate/package.json') as { version: string }).version).to.match(/^4\./);
  });

  const cleanUp: (() => unknown)[] = [];

  // Also after a failure: a socket that is left would keep the process.
  afterEach(async () => {
    for (const work of cleanUp.splice(0)) await work();
  });

  after(() => {
    console.warn = warn;
    global.WebSocket = builtIn;
  });

  it('createWebSocketReceiver follows a supervisor through an outage, over a socket', async () => {
    const made = await bench();
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    cleanUp.push(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    await once(server, 'listening');
    const receiver = inspect.createWebSocketReceiver({ server: `127.0.0.1:${(server.address() as AddressInfo).port}` });
    const seen = new Seen().listen(receiver);
    const [socket] = await once(server, 'connection') as [WebSocket];
    const bridge = bridgeToXState4({
      send: (text) => socket.send(text),
      onMessage: (listener) => {
        socket.on('message', (data: Buffer) => listener(data.toString()));
        return { dispose: () => void socket.removeAllListeners('message') };
      },
    });
    bridge.attach('test', made.service.supervisor as unknown as InspectedActor);
    await outage(made);
    socket.send('{"type":"service.stop","sessionId":"last"}');
    await until('the last message has been received', () => seen.all.at(-1)?.sessionId === 'last');
    expectOutage(seen, made);
    bridge.dispose();
  });

  it('createWebSocketReceiver with our own server: whoever comes late is told what is there', async () => {
    const made = await bench();
    const server = await startLoopbackServer();
    cleanUp.push(() => server.dispose());
    server.attach('test', made.service.supervisor as unknown as InspectedActor);
    const address = new URL(server.url('xstate4'));
    const seen = new Seen().listen(inspect.createWebSocketReceiver({ server: address.href.replace('ws://', '') }));
    await until('the lifecycle is known', () => seen.actor('lifecycle') !== undefined);
    expect(seen.actor('lifecycle')!.state!.value).to.equal('ready');
    expect(seen.actor('lifecycle')!.parent).to.equal(seen.actor('supervisor')!.sessionId);
    await outage(made);
    await until('the breaker and both lifecycles have ended', () => seen.of('service.stop', breaker).length > 0 && seen.of('service.stop', 'lifecycle').length > 1);
    // What a supervisor does when its children have ended is told after their ends.
    await until('the supervisor has stopped', () => (seen.of('service.state', 'supervisor').at(-1)!.state!.value as { readonly phase?: unknown }).phase === 'stopped');
    expectOutage(seen, made);
  });

  it('createWindowReceiver follows the same', async () => {
    const made = await bench();
    const page = new FakeWindow();
    const host = new FakeWindow();
    const bridge = bridgeToXState4({
      send: (text) => page.postMessage(JSON.parse(text)),
      onMessage: (listener) => {
        const heard = ({ data }: { data: unknown }): void => listener(data);
        host.addEventListener('message', heard);
        return { dispose: () => host.removeEventListener('message', heard) };
      },
    });
    bridge.attach('test', made.service.supervisor as unknown as InspectedActor);
    // Subscribed before it asks, as its messages are told at once here.
    const receiver = inspect.createWindowReceiver({ window: page, targetWindow: host });
    const seen = new Seen().listen(receiver);
    host.postMessage({ type: 'xstate.inspecting' });
    expect(seen.actor('lifecycle')!.state!.matches('ready')).to.equal(true);
    await outage(made);
    expectOutage(seen, made);
    receiver.stop!();
    bridge.dispose();
    expect([page.listeners.size, host.listeners.size]).to.deep.equal([0, 0]);
  });

  it('and XState 4 has nothing to warn of', () => {
    expect(warnings).to.deep.equal([]);
  });

  it('one process is not mixed up with another: no two bridges give the same session ids', async () => {
    const made = await bench();
    const ids = [1, 2].map(() => {
      const texts: string[] = [];
      const bridge = bridgeToXState4({ send: (text) => texts.push(text), onMessage: () => ({ dispose: () => undefined }) });
      bridge.attach(definition.section, made.service.supervisor as unknown as InspectedActor);
      bridge.dispose();
      return (JSON.parse(texts[0]!) as Received).sessionId;
    });
    expect(ids[0]).not.to.equal(ids[1]);
  });
});

/** As much of a window as a receiver uses. */
class FakeWindow {
  readonly listeners = new Set<(event: { data: unknown }) => void>();

  addEventListener(_type: 'message', listener: (event: { data: unknown }) => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'message', listener: (event: { data: unknown }) => void): void {
    this.listeners.delete(listener);
  }

  postMessage(data: unknown): void {
    for (const listener of this.listeners) listener({ data });
  }
}
