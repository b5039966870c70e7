import { expect } from 'chai';
import { disposeAll, disposeQuietly, makeAll } from '../../src/disposal.ts';

describe('Disposal of several', () => {
  const ended: string[] = [];
  const part = (name: string): { dispose(): void } => ({ dispose: () => void ended.push(name) });
  const failing = (name: string): { dispose(): void } => ({
    dispose() {
      ended.push(name);
      throw new Error(name);
    },
  });

  beforeEach(() => void ended.splice(0));

  it('F45 one that throws keeps no other from being disposed of, and its error is told', () => {
    expect(() => disposeAll([part('a'), failing('b'), undefined, failing('c'), part('d')])).to.throw('b');
    expect(ended).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(() => disposeAll([part('e')])).not.to.throw();
  });

  it('F45 where one cannot be made, those before it are disposed of, whatever they throw', () => {
    const cannot = (): never => {
      throw new Error('cannot be made');
    };
    expect(() => makeAll([() => part('a'), () => failing('b'), () => part('c'), cannot, () => part('d')])).to.throw('cannot be made');
    expect(ended).to.deep.equal(['a', 'b', 'c']);
    expect(makeAll([() => part('e'), () => part('f')]).length).to.equal(2);
    expect(ended).to.deep.equal(['a', 'b', 'c']);
  });

  it('F45 where another error is told, theirs are not', () => {
    disposeQuietly([failing('a'), part('b')]);
    expect(ended).to.deep.equal(['a', 'b']);
  });
});
