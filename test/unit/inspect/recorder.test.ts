import { expect } from 'chai';
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
