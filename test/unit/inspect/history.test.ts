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
