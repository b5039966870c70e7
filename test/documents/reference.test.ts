import { expect } from 'chai';
import { stalePages } from '../../tools/reference/main.ts';

describe('The reference', () => {
  it('says what the source says: run `npm run reference` when it does not', async () => {
    expect(await stalePages()).to.deep.equal([]);
  });
});
