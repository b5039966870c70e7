import { expect } from 'chai';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stepsTo, watchedNames } from '../../../src/store/json-watch.ts';
import type { Store } from '../../../src/store/store.ts';
import { until } from '../../limits.ts';
import { effective, needs, observed, Place, write } from './json-support.ts';

describe('Following a file: JsonStore', () => {
  const place = new Place();

  const shows = (store: Store, value: unknown): Promise<void> => until(`${JSON.stringify(value)} is read`, () => effective(store, 'a') === value);

  function file(value: unknown, ...names: string[]): void {
    mkdirSync(path.dirname(place.in(...names)), { recursive: true });
    writeFileSync(place.in(...names), JSON.stringify({ 's.a': value }));
  }

  /** In one step, as a deployment does it. */
  function link(to: string, ...names: string[]): void {
    symlinkSync(to, place.in('link.tmp'));
    renameSync(place.in('link.tmp'), place.in(...names));
  }

  async function following(...names: string[]): Promise<Store> {
    const store = place.make({ user: place.in(...names) });
    await store.load();
    return store;
  }

  it('F18: its folder is a link that is switched to another folder, and back; later edits are seen', async () => {
    file(1, 'one', 'settings.json');
    file(2, 'two', 'settings.json');
    link('one', 'current');
    const store = await following('current', 'settings.json');
    for (const [name, value] of [['two', 2], ['one', 1]] as const) {
      link(name, 'current');
      await shows(store, value);
      file('edited', name, 'settings.json');
      await shows(store, 'edited');
      file(value, name, 'settings.json');
      await shows(store, value);
    }
  });

  it('F18: a mounted config map: the file is a link through a link that is switched', async () => {
    file(1, 'volume', '..2026_1', 'settings.json');
    link('..2026_1', 'volume', '..data');
    symlinkSync('..data/settings.json', place.in('volume', 'settings.json'));
    const store = await following('volume', 'settings.json');
    for (const round of [2, 3, 4]) {
      file(round, 'volume', `..2026_${round}`, 'settings.json');
      link(`..2026_${round}`, 'volume', '..data');
      rmSync(place.in('volume', `..2026_${round - 1}`), { recursive: true });
      await shows(store, round);
    }
  });

  it('F18: a folder further up is replaced, by another folder and by a link; later edits are seen, and writes go there', async () => {
    file(1, 'a', 'b', 'c', 'settings.json');
    file(2, 'other', 'b', 'c', 'settings.json');
    file(3, 'third', 'c', 'settings.json');
    const store = await following('a', 'b', 'c', 'settings.json');
    renameSync(place.in('a'), place.in('old'));
    renameSync(place.in('other'), place.in('a'));
    await shows(store, 2);
    renameSync(place.in('a', 'b'), place.in('a', 'was'));
    link('../third', 'a', 'b');
    await shows(store, 3);
    file('edited', 'third', 'c', 'settings.json');
    await shows(store, 'edited');
    await write(store, 'a', 'ours');
    expect(place.text(place.in('third', 'c', 'settings.json'))).to.contain('ours');
  });

  it('F18: a chain of links, of which any is switched', async () => {
    for (const name of ['one', 'two', 'three']) file(name, name, 'deep', 'settings.json');
    link(place.in('one'), 'last');
    link('last', 'middle');
    link('middle/deep/../deep', 'first');
    const store = await following('first', 'settings.json');
    expect(effective(store, 'a')).to.equal('one');
    link('two', 'last');
    await shows(store, 'two');
    link('three', 'middle');
    await shows(store, 'three');
    link('one/deep', 'first');
    await shows(store, 'one');
  });

  it('what is written through a hard link in another folder is noticed (P33)', needs('Linux', process.platform === 'linux', async () => {
    file(1, 'one', 'settings.json');
    mkdirSync(place.in('two'));
    linkSync(place.in('one', 'settings.json'), place.in('two', 'other.json'));
    const store = await following('one', 'settings.json');
    const changes = observed(store);
    file(2, 'two', 'other.json');
    await changes.count(1);
    expect(effective(store, 'a')).to.equal(2);
  }));

  it('F18: a link that leads nowhere until its folder is made', async () => {
    link('not/yet', 'current');
    const store = await following('current', 'settings.json');
    expect(effective(store, 'a')).to.equal(undefined);
    mkdirSync(place.in('not'));
    file(1, 'not', 'yet', 'settings.json');
    await shows(store, 1);
  });

  it('every name on the way is known, with what is a link; links in a circle have an end', () => {
    file(1, 'real', 'settings.json');
    link('real/./x/..', 'current');
    mkdirSync(place.in('real', 'x'));
    const own = (steps: ReturnType<typeof stepsTo>): unknown => steps
      .filter(({ folder }) => folder.startsWith(place.folder))
      .map(({ folder, name, isLink }) => `${path.relative(place.folder, folder)}|${name}${isLink ? '@' : ''}`);
    expect(own(stepsTo(place.in('current', 'settings.json')))).to.deep.equal(['|current@', '|real', 'real|x', 'real|settings.json']);
    expect(own(stepsTo(place.in('current', 'none', 'settings.json')))).to.deep.equal(['|current@', '|real', 'real|x', 'real|none']);
    link('circle', 'circle');
    expect(stepsTo(place.in('circle', 'settings.json')).length).to.be.below(100);
    expect(own(stepsTo(`${place.folder}${path.sep}nul\0${path.sep}settings.json`))).to.deep.equal(['|nul\0']);
  });

  it('on macOS, where a folder is watched with all that is in it, those near the root are not', () => {
    const steps = [
      { folder: '/', name: 'Users', isLink: false },
      { folder: '/Users', name: 'me', isLink: false },
      { folder: '/Users/me', name: 'app', isLink: true },
      { folder: '/', name: 'apps', isLink: false },
      { folder: '/apps', name: 'one', isLink: false },
      { folder: '/apps/one', name: 'settings.json', isLink: false },
    ];
    expect([...watchedNames(steps, 'linux').keys()]).to.deep.equal(['/', '/Users', '/Users/me', '/apps', '/apps/one']);
    expect([...watchedNames(steps, 'darwin')].map(([folder, names]) => [folder, ...names])).to.deep.equal([
      ['/Users/me', 'me', 'app'], ['/apps', 'apps', 'one'], ['/apps/one', 'one', 'settings.json'],
    ]);
  });
});
