import { expect } from 'chai';
import { linearizable, type RegisterOperation } from './linearizable.ts';

const write = (value: number, called: number, returned: number, optional = false): RegisterOperation<number> => (
  { name: `write ${value}`, called, returned, optional, apply: () => ({ state: value }) });
const read = (value: number, called: number, returned = called): RegisterOperation<number> => (
  { name: `read ${value}`, called, returned, optional: false, apply: (state) => (state === value ? { state } : undefined) });
const judge = (...operations: RegisterOperation<number>[]): string => linearizable(operations, 0, String);

describe('Simulation: the checker of histories', () => {
  it('accepts what can be put in order', () => {
    expect(judge(read(0, 1), write(1, 2, 5), read(1, 6))).to.equal('yes');
    expect(judge(write(1, 1, 10), write(2, 2, 9), read(1, 11)), 'either of two at the same time can be the last').to.equal('yes');
    expect(judge(write(1, 1, 10), write(2, 2, 9), read(2, 11))).to.equal('yes');
    expect(judge(write(1, 1, Infinity, true), write(2, 2, 3), read(2, 4), read(1, 5)), 'what is in doubt may come late').to.equal('yes');
    expect(judge(write(1, 1, Infinity, true), read(0, 4)), 'or never').to.equal('yes');
  });

  it('refuses a lost update, a stale read and a write that came back', () => {
    expect(judge(write(1, 1, 2), write(2, 3, 4), read(1, 5)), 'stale').to.equal('no');
    expect(judge(write(1, 1, 2), read(0, 3)), 'lost').to.equal('no');
    expect(judge(write(1, 1, Infinity, true), read(1, 2), write(2, 3, 4), read(2, 5), read(1, 6)), 'came back').to.equal('no');
    expect(judge(write(1, 1, 10), read(1, 2), read(0, 3), read(1, 11)), 'there, and not, and there').to.equal('no');
  });
});
