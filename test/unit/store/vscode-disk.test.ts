import { expect } from 'chai';
import fs, { statSync, utimesSync, writeFileSync } from 'node:fs';
import { makeOld } from '../../../src/store/vscode-disk.ts';
import { failing, Place } from './json-support.ts';

describe('The time of a settings file of VS Code', () => {
  const place = new Place();
  const changedAt = (): number => statSync(place.user).mtimeMs;
  const unchanged = async (): Promise<boolean> => true;

  it('F6 is set back, and restored', async () => {
    writeFileSync(place.user, '{}');
    utimesSync(place.user, 1_000_000, 1_000_000);
    const undo = await makeOld(place.user, unchanged);
    expect(changedAt()).to.equal(0);
    await undo!();
    expect(changedAt()).to.equal(1_000_000_000);
  });

  it('F6 stays where the file has gone, says something else by now, or is another user’s: no write is refused for that reason', async () => {
    expect(await makeOld(place.user, unchanged)).to.equal(undefined);
    writeFileSync(place.user, '{}');
    expect(await makeOld(place.user, async () => false)).to.equal(undefined);
    place.patch(fs.promises, 'utimes', () => failing('EPERM'));
    expect(await makeOld(place.user, unchanged)).to.equal(undefined);
  });

  it('F6 is not restored where the file has gone meanwhile, and nothing is thrown', async () => {
    writeFileSync(place.user, '{}');
    const undo = await makeOld(place.user, unchanged);
    fs.rmSync(place.user);
    await undo!();
  });
});
