import { expect } from 'chai';
import { staleDiagrams } from '../../../tools/diagrams/main.ts';

describe('The diagrams', function () {
  this.timeout(60_000);

  it('show the machines as they are (else: npm run diagrams)', async () => {
    expect(await staleDiagrams()).to.deep.equal([]);
  });
});
