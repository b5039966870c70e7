import { expect } from 'chai';
import { bench, leavesNothing } from '../service/support.ts';

describe('Service: reads', () => {
  leavesNothing();

  it('P41 a thousand scopes more than are kept: all are right', async () => {
    const { service, backend } = await bench();
    for (let i = 1; i <= 2_000; i++) {
      const scope = { resource: `file:///work/${i}/x` };
      backend.set({ key: 'count', target: 'folder', scope }, i);
      expect(service.get('count', scope)).to.equal(i);
    }
    expect(service.get('count', { resource: 'file:///work/1/x' })).to.equal(1);
  });
});
