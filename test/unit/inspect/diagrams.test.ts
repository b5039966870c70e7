import { expect } from 'chai';
import { staleDiagrams } from '../../../tools/diagrams/main.ts';

describe('The diagrams', () => {
  it('show the machines as they are (else: npm run diagrams)', async () => {
    expect(await staleDiagrams()).to.deep.equal([]);
  });
});
