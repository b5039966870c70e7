import { expect } from 'chai';
import { codeOf, typeErrors } from './typecheck.ts';

describe('The guide to the guard', () => {
  it('has code that is type-checked', async () => {
    expect(codeOf.guard.size).to.equal(6);
    expect(await typeErrors('guard')).to.equal('');
  });
});
