import { expect } from 'chai';
import { defaultBounds, member, safeData, shortened } from '../../../src/observe/safe-data.ts';
import { counted, hostileValues } from '../settings/hostile.ts';

describe('safeData', () => {
  it('copies plain data as it is', () => {
    const value = { a: [1, 'x', true, null], b: { c: -0.5 } };
    expect(safeData(value)).to.deep.equal(value);
  });

  it('P50 gives JSON of bounded size for anything, and never throws', () => {
    for (const [name, value] of Object.entries(hostileValues)) {
      const { value: asked, looks } = counted(value);
      const text = JSON.stringify(safeData({ value: asked }));
      expect(text, name).to.be.a('string').with.length.below(60_000);
      expect(looks(), name).to.be.at.most(10 * defaultBounds.total);
    }
  });

  it('says what it could not copy', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(safeData(circular)).to.deep.equal({ self: '(circular)' });
    expect(safeData({ get a(): string { throw new Error('no'); }, b: 1 })).to.deep.equal({ a: '(its getter throws)', b: 1 });
    expect(safeData([10n, -(10n ** 200n), 10n ** 200n, Symbol('s'), () => 1, undefined, Number.NaN])).to.deep.equal([
      '10n', '(a large BigInt)', '(a large BigInt)', '(symbol)', '(function)', '(undefined)', 'NaN',
    ]);
    expect(safeData(undefined)).to.equal('(undefined)');
    expect(safeData(hostileValues['a revoked proxy'])).to.equal('(cannot be read)');
  });

  it('leaves out members that are undefined, as JSON does', () => {
    expect(safeData({ a: undefined, b: 1 })).to.deep.equal({ b: 1 });
  });

  it('shows dates, errors, maps and sets', () => {
    expect(safeData(new Date(0))).to.equal('1970-01-01T00:00:00.000Z');
    expect(safeData(new Date(Number.NaN))).to.equal('(invalid date)');
    expect(safeData(Object.assign(new TypeError('wrong'), { code: 'EWRONG', secret: 1 }))).to.deep.equal({ name: 'TypeError', message: 'wrong', code: 'EWRONG' });
    expect(safeData(new Map([['a', 1]]))).to.deep.equal([['a', 1]]);
    expect(safeData(new Set([1, 2]))).to.deep.equal([1, 2]);
  });

  it('keeps within its bounds', () => {
    expect(safeData([1, 2, 3], { members: 2 })).to.deep.equal([1, 2, '(more)']);
    expect(safeData(new Set([1, 2, 3]), { members: 2 })).to.deep.equal([1, 2, '(more)']);
    expect(safeData({ a: 1, b: 2 }, { members: 1 })).to.deep.equal({ a: 1, '…': '(more)' });
    expect(safeData([[1, 2], [3, 4]], { total: 5 })).to.deep.equal([[1, 2], [3, '(more)']]);
    expect(safeData([[['deep']]], { depth: 2 })).to.deep.equal([['(nested too deeply)']]);
    expect(safeData('abcdef', { text: 3 })).to.equal('abc… (6 characters)');
  });

  it('P50 pollutes no prototype', () => {
    const copy = safeData(JSON.parse('{"__proto__": {"polluted": true}}')) as object;
    expect(Object.getPrototypeOf(copy)).to.equal(Object.prototype);
    expect(Object.hasOwn(copy, '__proto__')).to.equal(true);
  });
});

describe('shortened', () => {
  it('cuts a long text, and says how long it was', () => {
    expect(shortened('abc', 3)).to.equal('abc');
    expect(shortened('abcd', 3)).to.equal('abc… (4 characters)');
  });
});

describe('member', () => {
  it('is undefined when there is none, or looking at it throws', () => {
    expect(member({ a: 1 }, 'a')).to.equal(1);
    expect(member(undefined, 'a')).to.equal(undefined);
    expect(member({ get a(): string { throw new Error('no'); } }, 'a')).to.equal(undefined);
  });
});
