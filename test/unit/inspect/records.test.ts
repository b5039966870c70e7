import { expect } from 'chai';
import { plain, plainMembers, redacted } from '../../../src/inspect/records.ts';
import fc from '../../fast-check.ts';

describe('Records: anything as plain data', () => {
  it('is JSON, bounded, and never throws', () => {
    fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true, withSet: true, withTypedArray: true, withSparseArray: true, maxDepth: 6 }), (value) => {
      const shown = plain(value);
      if (shown !== undefined) expect(JSON.parse(JSON.stringify(shown, (_, each: unknown) => (Object.is(each, -0) ? 0 : each)))).to.deep.equal(JSON.parse(JSON.stringify(shown)));
      expect((JSON.stringify(shown) ?? '').length).to.be.below(10_000_000);
    }));
  });

  it('cuts what is long or deep, and leaves functions out', () => {
    expect(plain('x'.repeat(1_000))).to.have.length(301);
    expect(plain(Array.from({ length: 60 }, (_, index) => index))).to.have.length(51);
    expect(plain({ a: { b: { c: { d: { e: 1 } } } } })).to.deep.equal({ a: { b: { c: { d: '…' } } } });
    expect(plain({ run: () => 1, count: 1n, nothing: undefined, odd: NaN })).to.deep.equal({ count: '1', odd: 'NaN' });
    expect(plain(new TypeError('no'))).to.equal('TypeError: no');
    expect(plain({ sessionId: 'x:1', id: 'child', send: () => undefined })).to.equal('actor child');
  });

  it('survives what cannot be read', () => {
    const hostile = { get value(): never { throw new Error('no'); } };
    expect(plain([hostile])).to.deep.equal([{ '…': '(cannot be read)' }]);
    expect(plainMembers(hostile)).to.deep.equal({ '…': '(cannot be read)' });
    const gone = Proxy.revocable({}, {});
    gone.revoke();
    expect(plain(gone.proxy)).to.equal('(cannot be read)');
    const ring: { self?: object } = {};
    ring.self = ring;
    expect(JSON.stringify(plain(ring))).to.include('…');
  });

  it('leaves out names that reach into prototypes', () => {
    const shown = plainMembers(JSON.parse('{"__proto__": {"bad": 1}, "constructor": 1, "prototype": 2, "a": 3}') as object);
    expect(Object.keys(shown)).to.deep.equal(['a']);
    expect((shown as { bad?: unknown }).bad).to.equal(undefined);
  });

  it('redacts every text within', () => {
    expect(redacted({ a: ['x', { b: 'x' }], c: 1, d: null }, () => '•')).to.deep.equal({ a: ['•', { b: '•' }], c: 1, d: null });
  });
});
