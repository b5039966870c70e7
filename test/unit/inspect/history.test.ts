import { expect } from 'chai';
import { apply, History, type Moment } from '../../../src/inspect/history.ts';
import type { InspectorRecord } from '../../../src/inspect/records.ts';
import fc from '../../fast-check.ts';

const actor = fc.constantFrom('s/1', 's/2', 's/3', '__proto__', 'constructor');
const states = fc.array(fc.constantFrom('m', 'm.a', 'm.b', 'constructor', '__proto__'), { maxLength: 3 });
const members = fc.dictionary(fc.constantFrom('a', 'b', 'toString'), fc.integer());
const optional = <T>(name: string, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<object> => fc.option(arbitrary).map((value) => (value === null ? {} : { [name]: value }));
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('actor'), actor, name: actor, parent: fc.option(actor, { nil: undefined }), machine: fc.constant('m'), service: fc.constant('s'), states, context: members }) },
  { weight: 6, arbitrary: fc.tuple(fc.record({ kind: fc.constant('event'), actor, sender: fc.constant(undefined), type: fc.constant('E'), data: members, transitions: states }), optional('states', states), optional('changed', members)).map(([event, ...more]) => Object.assign({}, event, ...more) as object) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop'), actor }) },
);
const history = fc.array(step, { maxLength: 60 }).map((steps) => steps.map((each, index) => ({ ...each, number: index + 1, time: index * 10 }) as InspectorRecord));
const byId = (moment: Moment): unknown[] => [...moment].sort(([a], [b]) => (a < b ? -1 : 1));

describe('History', () => {
  it('F63 an actor that was there before has the times that were known of it; of those that were not, the record has one', () => {
    const moment: Moment = new Map();
    const common = { kind: 'actor', number: 1, time: 100, name: 'a', parent: undefined, machine: 'm', service: 's', states: ['m', 'm.a'], context: {} } as const;
    apply(moment, { ...common, actor: 's/1' });
    apply(moment, { ...common, actor: 's/2', began: 10, entered: { 'm': 10, 'm.a': 40 } });
    apply(moment, { ...common, actor: 's/3', states: [], began: 10 });
    expect([...moment.values()].map(({ began, since, entered }) => [began, since, entered])).to.deep.equal([
      [100, 100, { 'm': 100, 'm.a': 100 }], [10, 40, { 'm': 10, 'm.a': 40 }], [10, 10, {}],
    ]);
    apply(moment, { kind: 'event', number: 2, time: 200, actor: 's/2', sender: undefined, type: 'E', data: {}, transitions: [], states: ['m', 'm.b'] });
    expect(moment.get('s/2')).to.deep.include({ since: 200, entered: { 'm': 10, 'm.b': 200 } });
  });

  it('moment(i) is what a replay from the start gives, whatever has been folded', () => {
    fc.assert(fc.property(history, fc.integer({ min: 1, max: 20 }), (records, capacity) => {
      const kept = new History(capacity);
      for (const record of records) kept.add(record);
      const folded = Math.max(0, records.length - capacity);
      expect(kept.length).to.equal(Math.min(records.length, capacity));
      expect(kept.records()).to.deep.equal(records.slice(folded));
      const replay: Moment = new Map();
      const check = (index: number): void => void expect(byId(kept.moment(index))).to.deep.equal(byId(replay));
      records.forEach((record, index) => {
        apply(replay, record);
        // An actor that stopped before the first record that is kept is forgotten.
        if (index < folded && record.kind === 'stop') replay.delete(record.actor);
        if (index === folded - 1) check(-1);
        if (index >= folded) check(index - folded);
      });
      kept.records().forEach((record, index) => expect(kept.at(index)).to.equal(record));
      expect([kept.at(-1), kept.at(kept.length)]).to.deep.equal([undefined, undefined]);
      // Looking changes nothing.
      kept.moment(kept.length).clear();
      kept.base().clear();
      check(kept.length - 1);
      for (const state of replay.values()) for (const time of Object.values(state.entered)) expect(time).to.be.a('number');
    }), { numRuns: 500 });
  });
});
