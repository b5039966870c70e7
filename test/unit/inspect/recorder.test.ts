import { expect } from 'chai';
import { assign, createActor, emit, fromPromise, sendParent, sendTo, setup, spawnChild, type AnyMachineSnapshot } from 'xstate';
import { History } from '../../../src/inspect/history.ts';
import { Recorder, type InspectedActor } from '../../../src/inspect/recorder.ts';
import { exportRecording } from '../../../src/inspect/recording-export.ts';
import type { ActorRecord, EventRecord, InspectorRecord } from '../../../src/inspect/records.ts';
import { secretRedactor } from '../../../src/observe/redact.ts';
import { bench, definition, leavesNothing, type Bench } from '../service/support.ts';

const breaker = 'breaker:user settings';

function record(made: Bench, redact?: (text: string) => string): { recorder: Recorder; attached: { dispose(): void }; records: () => InspectorRecord[] } {
  const recorder = new Recorder(10_000, () => made.clock.wallTime());
  const attached = recorder.attach('test', made.service.supervisor as unknown as InspectedActor, redact);
  return { recorder, attached, records: () => recorder.history.records() };
}

function crash({ service }: Bench, id: string): void {
  const hostile = Object.defineProperty({ type: 'HOSTILE' }, 'type', { get: () => { throw new Error(`crash of ${id}`); } });
  const actor = id === 'supervisor' ? service.supervisor : service.supervisor.getSnapshot().children[id]!;
  actor.send(hostile as never);
}

const actors = (records: readonly InspectorRecord[], name: string): ActorRecord[] => records.filter((each) => each.kind === 'actor' && each.name === name) as ActorRecord[];
const events = (records: readonly InspectorRecord[], actor: string): EventRecord[] => records.filter((each) => each.kind === 'event' && each.actor === actor) as EventRecord[];

function recorderOf(records: readonly InspectorRecord[]): History {
  const history = new History(records.length);
  for (const each of records) history.add(each);
  return history;
}

describe('Recorder', () => {
  leavesNothing();

  it('sees actors that are there and those that come, with parents, states and contexts', async () => {
    const made = await bench();
    const { records } = record(made);
    expect(records().map((each) => each.kind === 'actor' && [each.name, each.machine, each.states])).to.deep.equal([
      ['supervisor', 'supervisor', ['supervisor', 'supervisor.phase', 'supervisor.phase.running', 'supervisor.health', 'supervisor.health.healthy']],
      ['lifecycle', 'config-lifecycle', ['config-lifecycle', 'config-lifecycle.ready']],
    ]);
    await made.end(made.service.update('count', 5));
    const [supervisor] = actors(records(), 'supervisor');
    expect(actors(records(), breaker)).to.have.length(1);
    expect(actors(records(), breaker)[0]).to.deep.include({ parent: supervisor!.actor, machine: 'circuit-breaker', service: 'test' });
    expect(actors(records(), breaker)[0]!.context).to.include({ threshold: 5, streak: 0 });
  });

  it('sees events with their senders, the transitions they fired, the states and the context they changed', async () => {
    const made = await bench();
    const { records } = record(made);
    await made.openBreaker();
    const { actor } = actors(records(), breaker)[0]!;
    const failures = events(records(), actor).filter(({ type }) => type === 'FAILURE');
    expect(failures).to.have.length(5);
    expect(failures[0]).to.deep.include({ transitions: ['circuit-breaker.CLOSED|FAILURE|1'], changed: { streak: 1 }, sender: undefined });
    expect(failures[0]).not.to.have.property('states');
    expect(failures[4]!.transitions[0]).to.equal('circuit-breaker.CLOSED|FAILURE|0');
    expect(failures[4]!.states).to.include.members(['circuit-breaker.OPEN', 'circuit-breaker.OPEN.cooling']);
    const told = events(records(), actors(records(), 'supervisor')[0]!.actor).find(({ type }) => type === `xstate.snapshot.${breaker}`)!;
    expect(told.sender).to.equal(actor);
    expect(records().map(({ number }) => number)).to.deep.equal(records().map((_, index) => index + 1));
  });

  it('sees a child crash, end, and come again', async () => {
    const made = await bench();
    const { records } = record(made);
    crash(made, 'lifecycle');
    await made.clock.flush();
    const [first, second] = actors(records(), 'lifecycle');
    expect(events(records(), first!.actor).at(-1)).to.include({ type: '(cannot be read)', crashed: true });
    expect(records().some((each) => each.kind === 'stop' && each.actor === first!.actor)).to.equal(true);
    expect(second!.actor).not.to.equal(first!.actor);
    expect(records().some((each) => each.kind === 'stop' && each.actor === second!.actor)).to.equal(false);
  });

  it('sees the end of a supervisor that crashes, and of retries that end', async () => {
    const made = await bench();
    const { records } = record(made);
    made.store.writeFaults.push({ kind: 'fail', reason: 'io' });
    await made.end(made.service.update('count', 5));
    const stopped = (name: string): boolean => actors(records(), name).every(({ actor }) => records().some((each) => each.kind === 'stop' && each.actor === actor));
    expect(actors(records(), 'retry:1')).to.have.length(1);
    expect(stopped('retry:1')).to.equal(true);
    crash(made, 'supervisor');
    for (const name of ['supervisor', 'lifecycle', breaker]) expect(stopped(name), name).to.equal(true);
  });

  it('F61 nothing has crashed while a service starts, writes, fails, heals and ends', async () => {
    const made = await bench();
    const { records } = record(made);
    await made.openBreaker();
    made.store.heal();
    await made.clock.advance(70_000);
    await made.end(made.service.update('count', 5));
    await made.end(made.service.dispose());
    const all = records().filter((each): each is EventRecord => each.kind === 'event');
    expect(all.map(({ type }) => type)).to.include.members(['OPEN_FILE', 'DISPOSE', `xstate.snapshot.${breaker}`]);
    expect(all.filter(({ crashed }) => crashed === true).map(({ type }) => type)).to.deep.equal([]);
  });

  it('F61 F62 what an event changes is credited to it, and comes before what it causes, however they are nested', () => {
    const child = setup({ types: { context: {} as { asked: number; told: number }, events: {} as { type: 'ASK' | 'TELL' | 'LATER' } } }).createMachine({
      context: { asked: 0, told: 0 },
      on: {
        // Sent at once, in the middle of its own transition, and after it; the answers arrive while it handles ASK.
        ASK: { actions: [assign({ asked: ({ context }) => context.asked + 1 }), ({ self }) => self.send({ type: 'TELL' }), sendParent({ type: 'HELP' }), sendTo(({ self }) => self, { type: 'LATER' })] },
        TELL: { actions: assign({ told: ({ context }) => context.told + 1 }) },
        LATER: { actions: assign({ told: ({ context }) => context.told + 10 }) },
      },
    });
    const parent = setup({ types: { context: {} as { helped: number }, events: {} as { type: 'HELP' } }, actors: { child }, actions: { answer: sendTo('child', { type: 'TELL' }) } }).createMachine({
      context: { helped: 0 },
      invoke: { src: 'child', id: 'child' },
      on: { HELP: { actions: [assign({ helped: ({ context }) => context.helped + 1 }), 'answer'] } },
    });
    const root = createActor(parent).start();
    const recorder = new Recorder(100, () => 0);
    recorder.attach('test', root as never);
    root.getSnapshot().children['child']!.send({ type: 'ASK' });
    const seen = recorder.history.records().filter((each): each is EventRecord => each.kind === 'event');
    const numbers = new Map(seen.map(({ number, type }) => [number, type]));
    expect(seen.map(({ type, changed, cause, crashed }) => [type, changed, cause === undefined ? undefined : numbers.get(cause), crashed])).to.deep.equal([
      ['ASK', { asked: 1 }, undefined, undefined],
      ['TELL', { told: 1 }, 'ASK', undefined],
      ['HELP', { helped: 1 }, 'ASK', undefined],
      ['TELL', { told: 2 }, 'HELP', undefined],
      ['LATER', { told: 12 }, 'ASK', undefined],
    ]);
    root.stop();
  });

  it('F61 what crashes when it begins, and what ends in an error, is what is shown as crashed', async () => {
    const machine = setup({
      actors: { broken: setup({}).createMachine({ entry: () => { throw new Error('broken'); } }), failing: fromPromise(() => Promise.reject(new Error('failed'))) },
    }).createMachine({
      initial: 'idle',
      on: { 'xstate.error.actor.*': { actions: emit({ type: 'noted' }) }, 'BREAK': '.breaking', 'FAIL': '.failing' },
      states: { idle: {}, breaking: { invoke: { src: 'broken', id: 'broken' } }, failing: { invoke: { src: 'failing', id: 'failing' } } },
    });
    const root = createActor(machine).start();
    const recorder = new Recorder(100, () => 0);
    recorder.attach('test', root as never);
    root.send({ type: 'FAIL' });
    // The promise, what waits for it, and what waits for that.
    for (let i = 0; i < 5; i++) await Promise.resolve();
    root.send({ type: 'BREAK' });
    const ends = (name: string): unknown[] => recorder.history.records()
      .filter((each) => each.actor === actors(recorder.history.records(), name)[0]!.actor)
      .map((each) => [each.kind, each.kind === 'event' && each.crashed === true]);
    // It was told that its promise was rejected.
    expect(ends('failing')).to.deep.equal([['actor', false], ['event', true], ['stop', false]]);
    expect(ends('broken')).to.deep.equal([['actor', false], ['event', true], ['stop', false]]);
    const told = events(recorder.history.records(), actors(recorder.history.records(), 'supervisor')[0]!.actor).filter(({ type }) => type.startsWith('xstate.error.'));
    expect(told.map(({ crashed, cause }) => [crashed, recorder.history.records().find(({ number }) => number === cause)!.actor])).to.deep.equal([
      [undefined, actors(recorder.history.records(), 'failing')[0]!.actor], [undefined, actors(recorder.history.records(), 'broken')[0]!.actor],
    ]);
    root.stop();
  });

  it('F62 an outage: each failure, then what it does, then what that does; all actors agree after each step', async () => {
    const made = await bench();
    const { records } = record(made);
    await made.openBreaker();
    const opening = events(records(), actors(records(), breaker)[0]!.actor).filter(({ type }) => type === 'FAILURE')[4]!;
    const causes = (record: InspectorRecord): InspectorRecord[] => {
      const cause = records().find(({ number }) => number === record.cause);
      return cause === undefined ? [] : [cause, ...causes(cause)];
    };
    const of = (name: string, what: (event: EventRecord) => boolean): EventRecord => events(records(), actors(records(), name)[0]!.actor).find((event) => event.number >= opening.number && what(event))!;
    const unhealthy = of('supervisor', ({ states }) => states?.includes('supervisor.health.unhealthy') === true);
    const paused = of('queue:user settings', ({ type }) => type === 'PAUSE');
    for (const effect of [unhealthy, paused]) {
      expect(effect.number).to.be.above(opening.number);
      expect(causes(effect)).to.include(opening);
    }
    const history = recorderOf(records());
    records().forEach(({ cause }, index) => {
      if (index === 0 || cause !== undefined) return;
      const before = [...history.moment(index - 1).values()];
      const [supervisor, itsBreaker] = [before.find(({ name }) => name === 'supervisor')!, before.find(({ name }) => name === breaker)];
      expect(supervisor.states.includes('supervisor.health.unhealthy'), `before record ${index + 1}`).to.equal(itsBreaker?.states.includes('circuit-breaker.OPEN') === true);
    });
  });

  it('F63 what was there before the recording counts from when it began, and from when it entered its states', async () => {
    const made = await bench();
    const began = made.clock.wallTime();
    await made.clock.advance(5_000);
    await made.openBreaker();
    const until = made.clock.wallTime();
    await made.clock.advance(20_000);
    const recorder = new Recorder(100, () => made.clock.wallTime());
    recorder.attach('test', made.service.supervisor as unknown as InspectedActor, undefined, (actor) => made.service.timesOf(actor));
    const attached = made.clock.wallTime();
    const state = (name: string) => [...recorder.history.moment(100).values()].find((each) => each.name === name)!;
    expect(state('supervisor').began).to.equal(began);
    expect(state('lifecycle')).to.deep.include({ began, since: began });
    const { since, entered } = state(breaker);
    expect(state(breaker).began).to.be.within(began + 5_000, until);
    expect(since).to.be.within(until, attached - 1);
    expect(entered['circuit-breaker.OPEN']).to.be.within(until - 1_000, until);
    expect(entered['circuit-breaker']).to.equal(state(breaker).began);
    const recovery = breaker.replace('breaker', 'recovery');
    expect(state(recovery).began, recovery).to.be.within(began + 5_000, until);
    expect(recorder.history.records().map(({ time }) => time)).to.deep.equal(recorder.history.records().map(() => attached));
    // As long as it is not known otherwise, from now on.
    expect(made.service.timesOf({})).to.equal(undefined);
    expect([...record(made).recorder.history.moment(0).values()][0]).to.deep.include({ began: attached, since: attached });
    // What is recorded counts from its own event.
    made.service.reset();
    expect(state(breaker)).to.deep.include({ since: made.clock.wallTime() });
  });

  it('F63 a child that is started again has a time of its own', async () => {
    const made = await bench();
    await made.clock.advance(9_000);
    crash(made, 'lifecycle');
    await made.clock.flush();
    const { lifecycle } = made.service.supervisor.getSnapshot().children;
    expect(made.service.timesOf(lifecycle!)!.began).to.equal(made.clock.wallTime());
    expect(made.service.timesOf(made.service.supervisor)!.began).to.equal(made.clock.wallTime() - 9_000);
  });

  it('P12 a redaction that throws breaks nothing, and costs what it was about', async () => {
    const made = await bench();
    const { records } = record(made, () => { throw new Error('redact'); });
    const result = await made.end(made.service.update('count', 5));
    expect(result.ok).to.equal(true);
    crash(made, 'supervisor');
    const types = records().map((each) => each.kind === 'event' && each.type);
    expect(types).to.include('SETTLED').and.not.to.include('OPEN_FILE');
  });

  it('what is going on when it is attached, or let go, is told as far as it shows', () => {
    const machine = setup({ types: { context: {} as { count: number }, events: {} as { type: 'COUNT' | 'LAST' } } }).createMachine({
      context: { count: 0 }, on: { COUNT: { actions: assign({ count: ({ context }) => context.count + 1 }) }, LAST: { actions: assign({ count: 100 }) } },
    });
    const recorder = new Recorder(100, () => 0);
    const root = createActor(machine).start();
    let attached: { dispose(): void } | undefined;
    let handled = 0;
    root.subscribe(({ context }) => {
      if (handled++ === 0) {
        attached = recorder.attach('test', root as never);
        root.send({ type: 'COUNT' });
      }
      if (context.count === 100) attached!.dispose();
    });
    root.send({ type: 'COUNT' });
    root.send({ type: 'LAST' });
    root.send({ type: 'COUNT' });
    const all = recorder.history.records();
    expect(all.map((each) => (each.kind === 'event' ? [each.type, each.changed] : each.kind))).to.deep.equal(['actor', ['COUNT', { count: 2 }], ['COUNT', undefined], ['LAST', { count: 100 }], 'stop']);
    root.stop();
  });

  it('F61 what is said to have failed, and has not, is not shown as crashed; what crashes when it is attached is', () => {
    const recorder = new Recorder(100, () => 0);
    const child = setup({}).createMachine({ on: { LIE: { actions: sendParent({ type: 'xstate.error.actor.child' }) } } });
    const machine = setup({ types: { events: {} as { type: 'CRASH' } }, actors: { child } }).createMachine({
      invoke: { src: 'child', id: 'child' },
      on: {
        'CRASH': { actions: ({ self }) => { recorder.attach('late', self as never); throw new Error('crash'); } },
        'xstate.error.actor.*': {},
      },
    });
    const [root, other] = [createActor(machine), createActor(machine)];
    for (const [name, actor] of [['first', root], ['second', other]] as const) {
      actor.subscribe({ error: () => undefined });
      actor.start();
      recorder.attach(name, actor as never);
    }
    root.getSnapshot().children['child']!.send({ type: 'LIE' });
    const of = (service: string): unknown[] => recorder.history.records()
      .filter(({ actor }) => actor.startsWith(`${service}/`))
      .map((each) => (each.kind === 'event' ? [each.type, each.crashed] : each.kind));
    expect(of('first')).to.deep.equal(['actor', 'actor', ['LIE', undefined], ['xstate.error.actor.child', undefined]]);
    root.send({ type: 'CRASH' });
    expect(of('first').slice(4)).to.deep.equal([['CRASH', true], 'stop', 'stop']);
    // It was being handled before the recording: what is known of it is its end.
    expect(of('late')).to.deep.equal(['actor', 'actor', 'stop', 'stop']);
    // Another service does not care.
    expect(of('second')).to.deep.equal(['actor', 'actor']);
    other.stop();
  });

  it('F62 what an actor is sent before it has begun comes after the beginning', () => {
    const child = setup({ types: { context: {} as { heard: number }, events: {} as { type: 'HELLO' } } }).createMachine({
      context: { heard: 0 }, on: { HELLO: { actions: assign({ heard: ({ context }) => context.heard + 1 }) } },
    });
    const first = setup({}).createMachine({ entry: ({ self }) => (self._parent!.getSnapshot() as AnyMachineSnapshot).children['second']!.send({ type: 'HELLO' }) });
    const machine = setup({ types: { events: {} as { type: 'GO' } }, actors: { child, first } }).createMachine({
      on: { GO: { actions: [spawnChild('first', { id: 'first' }), spawnChild('child', { id: 'second' })] } },
    });
    const root = createActor(machine).start();
    const recorder = new Recorder(100, () => 0);
    recorder.attach('test', root as never);
    root.send({ type: 'GO' });
    expect(recorder.history.records().map((each) => (each.kind === 'event' ? [each.type, each.changed] : each.kind === 'actor' && each.name))).to.deep.equal([
      'supervisor', ['GO', undefined], 'first', 'second', ['HELLO', { heard: 1 }],
    ]);
    root.stop();
  });

  it('an actor that is stopped before it has begun leaves nothing behind', async () => {
    const idle = setup({ types: { events: {} as { type: 'HELLO' } } }).createMachine({});
    const machine = setup({ types: { events: {} as { type: 'GO' } }, actors: { idle } }).createMachine({
      initial: 'a',
      states: {
        a: { on: { GO: 'b' } },
        b: { invoke: { src: 'idle', id: 'idle' }, entry: ({ self }) => (self.getSnapshot().children['idle'])?.send({ type: 'HELLO' }), always: 'a' },
      },
    });
    const root = createActor(machine).start();
    const recorder = new Recorder(100, () => 0);
    recorder.attach('test', root as never);
    root.send({ type: 'GO' });
    await Promise.resolve();
    expect(recorder.history.records().map((each) => (each.kind === 'event' ? each.type : each.kind))).to.deep.equal(['actor', 'GO']);
    root.stop();
    expect(recorder.history.records().at(-1)!.kind).to.equal('stop');
  });

  it('P12 a listener that throws breaks nothing, and the others hear', async () => {
    const made = await bench();
    const { recorder, attached } = record(made);
    let heard = 0;
    recorder.onRecord(() => { throw new Error('listener'); });
    const second = recorder.onRecord(() => heard++);
    const result = await made.end(made.service.update('count', 5));
    expect(result.ok).to.equal(true);
    expect(heard).to.be.greaterThan(5);
    const before = heard;
    second.dispose();
    await made.end(made.service.update('count', 6));
    expect(heard).to.equal(before);
    attached.dispose();
    expect(made.service.status).to.equal('healthy');
  });

  it('nothing attached costs nothing: no observer is left, and no record is made', async () => {
    const made = await bench();
    const supervisor = made.service.supervisor as unknown as InspectedActor;
    let observers = 0;
    const { inspect } = supervisor.system;
    supervisor.system.inspect = (observer) => {
      observers++;
      const subscription = inspect.call(supervisor.system, observer);
      return { unsubscribe: () => void (observers--, subscription.unsubscribe()) };
    };
    const { recorder, attached } = record(made);
    expect(observers).to.equal(1);
    attached.dispose();
    expect(observers).to.equal(0);
    const { length } = recorder.history;
    await made.end(made.service.update('count', 5));
    expect(recorder.history.length).to.equal(length);
    expect([...recorder.history.moment(length).values()].every(({ stopped }) => stopped)).to.equal(true);
  });

  it('P51 what must not be told is taken out before anything is kept', async () => {
    const made = await bench();
    const { records } = record(made, (text) => text.replaceAll('hush', '••••••'));
    made.service.supervisor.send({ type: 'xstate.error.actor.hush', error: new Error('hush'), actorId: 'x' } as never);
    expect(JSON.stringify(records().filter((each) => each.kind === 'event').map(({ data, changed }) => [data, changed]))).to.include('Error: ••••••').and.not.include('hush');
  });

  it('P51 an error that quotes a secret setting is recorded without it, and so exported', async () => {
    const made = await bench();
    await made.end(made.service.update('token', 'hush-hush-4711'));
    const { recorder, records } = record(made, secretRedactor(made.service));
    made.service.supervisor.send({ type: 'xstate.error.actor.x', error: new Error('refused: hush-hush-4711'), actorId: 'x' } as never);
    expect(JSON.stringify(records())).to.include('refused: ••••••');
    expect(exportRecording(recorder.history.records(), 0, recorder.history.base().values())).not.to.include('hush-hush');
    expect(secretRedactor({ definition: { ...definition, isSecret: () => false } } as never)).to.equal(undefined);
  });
});
