import { expect } from 'chai';
import type { InspectorRecord } from '../../../src/inspect/records.ts';
import { Steps, wholeSteps } from '../../../src/inspect/steps.ts';
import fc from '../../fast-check.ts';

describe('Steps', () => {
  it('F62 each begins with a record that nothing caused, and ends before the next such one, whatever is forgotten', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), fc.array(fc.nat(30), { maxLength: 3 }), (begins, forgotten) => {
      const steps = new Steps();
      for (const first of begins) steps.add(first ? {} : { cause: 1 });
      let kept = begins;
      for (const count of forgotten.filter((each) => each < begins.length)) {
        if (count >= kept.length) continue;
        steps.forget(count);
        kept = kept.slice(count);
      }
      let step = -1;
      const expected = kept.map((first, index) => (first || index === 0 ? ++step : step));
      expect(kept.map((_, index) => steps.of(index))).to.deep.equal(expected);
      expect(steps.count).to.equal(step + 1);
      expect(steps.of(-1)).to.equal(-1);
      for (let each = 0; each <= step; each++) expect(steps.end(each)).to.equal(expected.lastIndexOf(each));
    }));
  });

  it('F62 no message ends within a step', () => {
    const records = [undefined, 1, undefined, 3, 3, undefined].map((cause, index) => ({ number: index + 1, ...(cause === undefined ? {} : { cause }) })) as InspectorRecord[];
    expect([1, 2, 3, 4, 5, 6, 9].map((size) => wholeSteps(records, size))).to.deep.equal([2, 2, 5, 5, 5, 6, 9]);
  });
});
