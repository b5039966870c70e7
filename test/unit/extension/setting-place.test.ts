import { expect } from 'chai';
import { placeOf } from '../../../src/extension/setting-place.ts';

describe('Where the value of a setting is', () => {
  it('F70 in the settings it comes from, or that hold the invalid value it replaces; nowhere when nothing is stored', () => {
    const value = 5;
    const places = (
      [
        [{ origin: 'user', layers: { default: 3, user: 5 } }, 'user'],
        [{ origin: 'workspace', layers: { default: 3, user: 4, workspace: 5 } }, 'workspace'],
        [{ origin: 'folder-language', layers: { workspace: 4, 'folder-language': 5 } }, 'folder'],
        [{ origin: 'last good value', layers: { user: 4, workspace: 'many' }, problem: 'must be a number' }, 'workspace'],
        [{ origin: 'default', layers: { default: 5, user: 'many' }, problem: 'must be a number' }, 'user'],
        [{ origin: 'user', layers: { user: 5, workspace: 6 }, ignored: ['workspace'] }, 'user'],
        [{ origin: 'default', layers: { default: 5, workspace: 6 }, ignored: ['workspace'] }, undefined],
        [{ origin: 'policy', layers: {} }, undefined],
      ] as const
    ).map(([inspection, place]) => [placeOf({ value, ...inspection }), place]);
    for (const [found, place] of places) expect(found).to.equal(place);
  });
});
