import { expect } from 'chai';
import { maxMembers, plainData, sameData } from '../../../src/settings/plain-data.ts';
import { counted, hostileValues, strangeValues } from './hostile.ts';

describe('plainData', () => {
  for (const [name, value] of Object.entries(hostileValues)) {
    it(`P50 refuses ${name}, at once and with a reason`, () => {
      const { value: asked, looks } = counted(value);
      const result = plainData(asked);
      expect(result.ok).to.equal(false);
      if (!result.ok) expect(result.problem).to.be.a('string').with.length.within(5, 200);
      expect(looks()).to.be.at.most(3 * maxMembers);
    });
  }

  for (const [name, [value, copy]] of Object.entries(strangeValues)) {
    it(`accepts ${name}`, () => {
      const result = plainData(value);
      expect(result.ok).to.equal(true);
      if (result.ok) expect(result.value).to.deep.equal(copy);
    });
  }

  it('P50 pollutes no prototype', () => {
    plainData(JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('P32 gives a copy that nobody else holds, frozen to the bottom', () => {
    const mine = { list: [{ name: 'a' }] };
    const result = plainData(mine);
    if (!result.ok) throw new Error(result.problem);
    const { value } = result;
    mine.list[0]!.name = 'changed';
    expect(value).to.deep.equal({ list: [{ name: 'a' }] });
    expect(Object.isFrozen(value)).to.equal(true);
    expect(() => void ((value as typeof mine).list[0]!.name = 'x')).to.throw(TypeError);
    expect(() => (value as typeof mine).list.push({ name: 'b' })).to.throw(TypeError);
  });

  it('says what is wrong', () => {
    const problem = (value: unknown): string => {
      const result = plainData(value);
      return result.ok ? '' : result.problem;
    };
    expect(problem(undefined)).to.equal('contains undefined, which JSON cannot hold');
    expect(problem([() => 1])).to.equal('contains a function, which JSON cannot hold');
    expect(problem(hostileValues['a circular object'])).to.equal('contains itself');
    expect(problem(hostileValues['a getter that throws'])).to.equal('contains an accessor, which JSON cannot hold');
    expect(problem(hostileValues['a revoked proxy'])).to.equal('cannot be read: looking at it throws');
  });
});

describe('sameData', () => {
  const same: [unknown, unknown][] = [
    [1, 1], ['a', 'a'], [null, null], [[], []], [{}, {}], [[1, [2]], [1, [2]]], [{ a: 1, b: 2 }, { b: 2, a: 1 }], [undefined, undefined],
  ];
  const different: [unknown, unknown][] = [
    [1, 2], [1, '1'], [null, {}], [{}, null], [[], {}], [{}, []], [[1], [1, 2]], [[1], [2]], [{ a: 1 }, { a: 2 }], [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 1 }], [{ a: undefined }, { b: 1 }], [undefined, null], ['', false],
  ];

  it('holds equal what says the same', () => {
    for (const [a, b] of same) expect(sameData(a, b), JSON.stringify([a, b])).to.equal(true);
  });

  it('tells apart what does not, from both sides', () => {
    for (const [a, b] of different) {
      expect(sameData(a, b), JSON.stringify([a, b])).to.equal(false);
      expect(sameData(b, a), JSON.stringify([b, a])).to.equal(false);
    }
  });
});
