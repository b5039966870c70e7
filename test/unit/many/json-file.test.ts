import { expect } from 'chai';
import { statSync } from 'node:fs';
import { Place, write } from '../store/json-support.ts';

describe('JsonStore', () => {
  const place = new Place();

  describe('edits the text as a person would:', () => {
    it('10 MB are read and written', async () => {
      const items = Array.from({ length: 100_000 }, (_, i) => `  "other.${i}": { "text": "${'x'.repeat(70)}", "n": ${i} }, // ${i}\n`);
      const store = await place.loaded(`{\n${items.join('')}  "s.a": 1\n}\n`);
      expect(statSync(place.user).size).to.be.greaterThan(10_000_000);
      await write(store, 'a', 2);
      expect(store.read('a', {}).effective).to.equal(2);
      expect(place.text()).to.equal(`{\n${items.join('')}  "s.a": 2\n}\n`);
    });
  });
});
