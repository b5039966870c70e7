import { expect } from 'chai';
import { distance, meant } from '../../../src/extension/marks/distance.ts';
import { nearestLegal, type Rules } from '../../../src/extension/marks/nearest.ts';
import { settingsOf } from '../../../src/extension/marks/settings-text.ts';
import fc from '../../fast-check.ts';

const anything = (value: unknown): { value: unknown } => ({ value });

describe('What a mark is made of', () => {
  it('the nearest legal values are legal, and the nearest', () => {
    const cases: [unknown, Rules, unknown][] = [
      [500, { type: 'integer', minimum: 1, maximum: 50 }, 50],
      ['7', { type: 'integer', minimum: 1, maximum: 50 }, 7],
      [2.6, { type: 'integer' }, 3],
      [-1, { type: 'number', minimum: 0 }, 0],
      ['clade', { type: 'string', enum: ['aider', 'claude', 'custom'] }, 'claude'],
      ['yes', { type: 'boolean' }, true],
      [5, { type: 'string' }, '5'],
      ['abcdef', { type: 'string', maxLength: 3 }, 'abc'],
      ['one', { type: 'array' }, ['one']],
    ];
    for (const [value, rules, nearest] of cases) expect(nearestLegal(value, rules, anything)[0], JSON.stringify(value)).to.deep.equal(nearest);
  });

  it('no value is offered that the check refuses', () => {
    fc.assert(fc.property(fc.anything(), fc.integer(), (value, limit) => {
      const rules = { type: 'integer', maximum: limit };
      const legal = (candidate: unknown) => (typeof candidate === 'number' && candidate % 2 === 0 ? { value: candidate } : undefined);
      expect(nearestLegal(value, rules, legal).every((each) => (each as number) % 2 === 0)).to.equal(true);
    }));
  });

  it('the distance of two texts is none to itself, the same both ways, and at most the longer one', () => {
    fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(distance(a, a)).to.equal(0);
      expect(distance(a, b)).to.equal(distance(b, a)).and.to.be.at.most(Math.max(a.length, b.length));
    }));
    expect(distance('cuont', 'count')).to.equal(1);
  });

  it('a name is meant only when it is near', () => {
    const names = ['maxAgents', 'logLevel'];
    expect(meant('maxagents', names)).to.equal('maxAgents');
    expect(meant('logLevl', names)).to.equal('logLevel');
    expect(meant('somethingElse', names)).to.equal(undefined);
  });

  it('to remove a setting leaves JSON, wherever it is', () => {
    for (const [text, left] of [
      ['{"a.x": 1}', '{}'],
      ['{\n  "a.x": 1\n}\n', '{\n}\n'],
      ['{\n  "a.x": 1,\n  "b": 2\n}', '{\n  "b": 2\n}'],
      ['{\n  "b": 2,\n  "a.x": 1\n}', '{\n  "b": 2\n}'],
      ['{ "b": 2, "a.x": [1, 2], "c": 3 }', '{ "b": 2,  "c": 3 }'],
    ] as const) {
      const { start, end } = settingsOf(text, 'a', false)[0]!.entrySpan;
      expect(text.slice(0, start) + text.slice(end)).to.equal(left);
    }
  });

  it('settings are found in broken files too, and none is invented', () => {
    expect(settingsOf('{ "a.x": 1, "a.y": ', 'a', false).map(({ name }) => name)).to.deep.equal(['a.x']);
    fc.assert(fc.property(fc.string(), (text) => { settingsOf(text, 'a', false); }));
  });

  it('in a workspace file, settings are what its member of that name holds', () => {
    expect(settingsOf('{ "a.x": 1, "settings": { "a.y": 2 } }', 'a', true).map(({ name }) => name)).to.deep.equal(['a.y']);
  });
});
