import { expect } from 'chai';
import fs, { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { makeFolders } from '../../../src/store/make-folders.ts';
import { Place } from './json-support.ts';

describe('makeFolders', () => {
  const place = new Place();

  it('makes what is missing, and says what it has made', () => {
    expect(makeFolders(place.in('a', 'b', 'c'), 0o700)).to.deep.equal([place.in('a'), place.in('a', 'b'), place.in('a', 'b', 'c')]);
    expect(statSync(place.in('a', 'b')).mode & 0o777).to.equal(0o700);
    expect(makeFolders(place.in('a', 'b', 'd'))).to.deep.equal([place.in('a', 'b', 'd')]);
    expect(makeFolders(place.in('a', 'b', 'd'))).to.deep.equal([]);
  });

  it('takes folders that another process makes in the same moment', () => {
    const restore = place.patch(fs, 'mkdirSync', (mkdir) => ((folder: string, mode?: number) => {
      if (existsSync(place.in('a'))) mkdir(folder, mode);
      return mkdir(folder, mode);
    }));
    expect(makeFolders(place.in('a', 'b'))).to.deep.equal([place.in('a')]);
    restore();
    expect(existsSync(place.in('a', 'b'))).to.equal(true);
  });

  for (const [what, folder, code] of [
    ['below a file', () => place.in('file', 'a', 'b'), 'ENOTDIR'],
    ['below a link that leads nowhere', () => place.in('link', 'a', 'b'), 'ENOENT'],
    ['with a name that is too long', () => place.in('x'.repeat(300), 'a'), 'ENAMETOOLONG'],
    ...(process.platform === 'linux' ? [['where nothing can be created', () => '/proc/nowhere/at/all', 'ENOENT'] as const] : []),
  ] as const) {
    it(`has an end ${what}: ${code}`, () => {
      writeFileSync(place.in('file'), '');
      symlinkSync('nowhere', place.in('link'));
      expect(() => makeFolders(folder())).to.throw().with.property('code', code);
    });
  }
});
