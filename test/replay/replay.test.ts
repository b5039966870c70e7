import { expect } from 'chai';
import type { EventRecord, InspectorRecord } from '../../src/inspect/records.ts';
import { seed } from '../seed.ts';
import type { Life } from '../simulation/life.ts';
import { simulate } from '../simulation/simulate.ts';
import { bench, leavesNothing } from '../unit/service/support.ts';
import { RandomHistory } from './histories.ts';
import { Replay } from './replay.ts';
import { Witness } from './witness.ts';

// `npm run nightly` draws others: HOLDFAST_SEED, and HOLDFAST_HISTORIES of them; a fifth as many lives.
const histories = Number(process.env['HOLDFAST_HISTORIES'] ?? 200);
const lives = Math.ceil(histories / 5);

/** What is wrong with a recording. */
function problemsOf(records: readonly InspectorRecord[]): readonly string[] {
  const replay = new Replay();
  for (const record of records) replay.add(record);
  return replay.problems;
}

/** Another order of the same records, which numbers and causes do not give away. */
function renumbered(records: readonly InspectorRecord[]): InspectorRecord[] {
  const numbers = new Map(records.map(({ number }, index) => [number, index + 1]));
  return records.map((record, index) => ({
    ...record, number: index + 1, time: records[0]!.time, ...(record.cause === undefined ? {} : { cause: numbers.get(record.cause)! }),
  }));
}

describe('Recordings, played through the machines', () => {
  leavesNothing();

  it(`F61 F62 ${lives} simulated lives: each moment that is shown was so`, async () => {
    const witnesses: { readonly witness: Witness; readonly life: Life }[] = [];
    let records = 0;
    for (let run = seed; witnesses.length < lives; run++) {
      const before = witnesses.length;
      const onLife = (life: Life): void => {
        const witness = new Witness(life.service.supervisor as never, () => life.clock.now());
        witness.recorder.onRecord(() => records++);
        witnesses.push({ witness, life });
      };
      await simulate({ runs: 1, steps: 40, seed: run, shrink: false, onLife });
      for (const { witness, life } of witnesses.slice(before)) expect(witness.end(), `seed ${run}, life ${life.number}`).to.deep.equal([]);
    }
    expect(records).to.be.above(lives * 20);
  });

  it(`F61 F62 ${histories} random histories: each moment that is shown was so`, async () => {
    let crashes = 0;
    let nested = 0;
    for (let each = seed; each < seed + histories; each++) {
      const history = new RandomHistory(each);
      const witness = new Witness(history.actor, () => history.clock.now());
      witness.recorder.onRecord((record) => {
        if (record.kind === 'event' && record.crashed === true) crashes++;
        if (record.kind === 'event' && record.cause !== undefined && record.sender === undefined) nested++;
      });
      await history.play(40);
      expect(witness.end(), `HOLDFAST_SEED=${each} HOLDFAST_HISTORIES=1 repeats it`).to.deep.equal([]);
    }
    expect([crashes, nested].every((count) => count > histories / 2), `${crashes} crashes, ${nested} events sent while one was handled`).to.equal(true);
  });

  describe('find what is wrong:', () => {
    let records: readonly InspectorRecord[];

    before(async () => {
      const made = await bench();
      const witness = new Witness(made.service.supervisor as never, () => made.clock.now());
      await made.openBreaker();
      made.store.heal();
      await made.clock.advance(70_000);
      await made.end(made.service.update('count', 7));
      records = witness.recorder.history.records();
      expect(witness.end()).to.deep.equal([]);
      expect(problemsOf(renumbered(records))).to.deep.equal([]);
    });

    const events = (): EventRecord[] => records.filter((record): record is EventRecord => record.kind === 'event');

    it('an effect before its cause', () => {
      const effects = records.filter(({ cause }) => cause !== undefined);
      expect(effects.length).to.be.above(10);
      for (const effect of effects) {
        const others = records.filter((record) => record !== effect);
        const at = others.findIndex(({ number }) => number === effect.cause);
        expect(problemsOf(renumbered([...others.slice(0, at), effect, ...others.slice(at)])), `${effect.number} before ${effect.cause}`).not.to.be.empty;
      }
    });

    it('a moment that never was, though the records agree with the machines', async () => {
      const made = await bench();
      const { supervisor } = made.service;
      let invalid = 0;
      const elsewhere = new Proxy(supervisor, {
        get(target, name) {
          if (name !== 'getSnapshot' || invalid === 0) return Reflect.get(target, name) as unknown;
          return () => ({ ...target.getSnapshot(), context: { ...target.getSnapshot().context, invalid } });
        },
      });
      const witness = new Witness(elsewhere as never, () => made.clock.now());
      await made.end(made.service.update('count', 7));
      invalid = 1;
      await made.end(made.service.update('count', 8));
      expect(witness.end()).to.include('"invalid" of supervisor is shown as 0, and is 1');
    });

    it('two events of one actor in the wrong order', () => {
      const breaker = events().find(({ type }) => type === 'FAILURE')!.actor;
      const failures = events().filter(({ actor, type }) => actor === breaker && type === 'FAILURE');
      expect(failures).to.have.length(5);
      for (let i = 1; i < failures.length; i++) {
        const swapped = records.map((record) => (record === failures[i] ? failures[i - 1]! : record === failures[i - 1] ? failures[i]! : record));
        expect(problemsOf(renumbered(swapped))).not.to.be.empty;
      }
    });

    it('crashed, where nothing crashed', () => {
      for (const event of events()) expect(problemsOf(records.map((record) => (record === event ? { ...event, crashed: true } : record))), event.type).not.to.be.empty;
    });

    it('no crash, where something crashed', async () => {
      const history = new RandomHistory(3);
      const witness = new Witness(history.actor, () => history.clock.now());
      await history.play(60);
      const all = witness.recorder.history.records();
      expect(witness.end()).to.deep.equal([]);
      const crash = all.find((record): record is EventRecord => record.kind === 'event' && record.crashed === true)!;
      const { crashed: _, ...silent } = crash;
      expect(problemsOf(all.map((record) => (record === crash ? silent : record)))).not.to.be.empty;
    });

    it('a change, or a transition, that is credited to another event', () => {
      const changes = events().filter(({ changed, transitions }) => changed !== undefined && transitions.length > 0);
      expect(changes.length).to.be.above(10);
      for (const event of changes) {
        const next = events().find((each) => each.actor === event.actor && each.number > event.number);
        const { changed, ...unchanged } = event;
        const wrong = records.map((record) => (record === event ? unchanged : record === next ? { ...next, changed: { ...changed, ...next.changed } } : record));
        expect(problemsOf(wrong), `changes of ${event.type}`).not.to.be.empty;
        expect(problemsOf(records.map((record) => (record === event ? { ...event, transitions: [] } : record))), `transitions of ${event.type}`).not.to.be.empty;
      }
    });
  });
});
