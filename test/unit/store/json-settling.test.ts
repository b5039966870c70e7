import { expect } from 'chai';
import { spawn } from 'node:child_process';
import fs, { closeSync, openSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { parse } from 'jsonc-parser';
import { StoreError } from '../../../src/errors.ts';
import { createConfigurationService } from '../../../src/service/service.ts';
import { settlingTime } from '../../../src/store/store.ts';
import { elapse, stillPending, until } from '../../limits.ts';
import { definition, effective, failureOf, observed, Place, readBack, write } from './json-support.ts';

const full = JSON.stringify({ 's.a': 1, ...Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`other.${n}`, n])) }, null, 2);
const others = (text: string): number => Object.keys(parse(text) as object).filter((name) => name.startsWith('other.')).length;
/** Many times what a look takes. */
const moment = 30;

describe('A file in flux: JsonStore', () => {
  const place = new Place();
  /** Each leaves the file in flux, and gives what completes it. */
  const states: Readonly<Record<string, (text: string) => () => void>> = {
    'truncated, and written a little later': (text) => {
      const descriptor = openSync(place.user, 'w');
      return () => {
        writeSync(descriptor, text);
        closeSync(descriptor);
      };
    },
    'written by half, and completed a little later': (text) => {
      const descriptor = openSync(place.user, 'w');
      writeSync(descriptor, text.slice(0, text.length / 2));
      return () => {
        writeSync(descriptor, text.slice(text.length / 2));
        closeSync(descriptor);
      };
    },
    'cut off within a letter': (text) => {
      const bytes = Buffer.from(text.replace('"s.a"', '"ä": 0, "s.a"'));
      const cut = bytes.indexOf('ä') + 1;
      writeFileSync(place.user, bytes.subarray(0, cut));
      return () => writeFileSync(place.user, bytes);
    },
    'with nothing in it yet but a comment': (text) => {
      writeFileSync(place.user, '// mine\n');
      return () => writeFileSync(place.user, `// mine\n${text}`);
    },
    'moved away, and another put in its place a little later': (text) => {
      renameSync(place.user, place.in('old.json'));
      writeFileSync(place.in('new.json'), text);
      return () => renameSync(place.in('new.json'), place.user);
    },
    'removed, and made again a little later': (text) => {
      rmSync(place.user);
      return () => writeFileSync(place.user, text);
    },
  };

  for (const [what, begin] of Object.entries(states)) {
    it(`F1: ${what}: reads keep the last good values, and nobody is told`, async () => {
      const store = await place.loaded(full);
      const changes = observed(store);
      place.stopTime();
      const complete = begin(full);
      await elapse(4 * moment);
      expect([effective(store, 'a'), changes.calls()]).to.deep.equal([1, 0]);
      complete();
      await elapse(4 * moment);
      await store.load();
      expect([effective(store, 'a'), changes.calls()]).to.deep.equal([1, 0]);
    });

    it(`F1: ${what}: a write, a look and a probe wait for it, and nothing is lost (P21, P28)`, async () => {
      const store = await place.loaded(full);
      place.stopTime();
      const complete = begin(full.replace('"s.a": 1', '"s.a": 2'));
      const written = write(store, 'b', 'ours');
      const looked = readBack(store, 'a');
      const probed = store.probe('user', {});
      expect(await stillPending(Promise.race([written, looked, probed]), moment)).to.equal(true);
      complete();
      expect(await looked).to.equal(2);
      await Promise.all([written, probed]);
      expect([others(place.text()), effective(store, 'a'), effective(store, 'b')]).to.deep.equal([40, 2, 'ours']);
    });

    // What is missing has no age.
    if (/moved|removed/.test(what)) continue;
    it(`F1: ${what}: a store that has never seen the file waits for it as well`, async () => {
      writeFileSync(place.user, full);
      const complete = begin(full);
      place.stopTime();
      const store = place.make();
      const written = write(store, 'b', 'ours');
      const loaded = store.load();
      expect(await stillPending(Promise.race([written, loaded]), moment)).to.equal(true);
      complete();
      await Promise.all([written, loaded]);
      expect([others(place.text()), effective(store, 'a'), effective(store, 'b')]).to.deep.equal([40, 1, 'ours']);
    });
  }

  for (const [what, end] of [
    ['emptied', (file) => writeFileSync(file, '')],
    ['deleted', (file) => rmSync(file)],
    ['left with a comment alone', (file) => writeFileSync(file, '// none')],
  ] satisfies readonly (readonly [string, (file: string) => void])[]) {
    it(`F1: a file that a person has ${what} is taken at its word after ${settlingTime} ms, and written again`, async () => {
      const store = await place.loaded(full);
      const changes = observed(store);
      const begun = performance.now();
      end(place.user);
      await changes.count(1);
      expect(performance.now() - begun).to.be.at.least(settlingTime - moment);
      expect([effective(store, 'a'), await readBack(store, 'a')]).to.deep.equal([undefined, undefined]);
      await write(store, 'a', 2);
      expect([effective(store, 'a'), parse(place.text()), changes.calls()]).to.deep.equal([2, { 's.a': 2 }, 2]);
    });
  }

  it(`F1: a write to a file that stays empty is made after ${settlingTime} ms`, async () => {
    const store = await place.loaded(full);
    writeFileSync(place.user, '');
    await write(store, 'a', 2);
    expect(parse(place.text())).to.deep.equal({ 's.a': 2 });
  });

  it('F1: a file that stays cut off is refused, and left as it is (P9, P30)', async () => {
    const store = await place.loaded(full);
    const changes = observed(store);
    const half = full.slice(0, full.length / 2);
    writeFileSync(place.user, half);
    expect((await failureOf(write(store, 'a', 2))).reason).to.equal('invalid-file');
    await changes.count(1);
    expect(() => store.read('a', {})).to.throw(StoreError).with.property('reason', 'invalid-file');
    // It is not waited for twice: the wait would have no end.
    const go = place.stopTime();
    utimesSync(place.user, new Date(), new Date(Date.now() - 60_000));
    expect((await failureOf(write(store, 'a', 2))).reason).to.equal('invalid-file');
    go();
    expect(place.text()).to.equal(half);
    writeFileSync(place.user, full);
    await changes.count(2);
    expect(effective(store, 'a')).to.equal(1);
  });

  it('F1: a file that was empty before is not waited for, nor one that has long been so', async () => {
    writeFileSync(place.user, '');
    utimesSync(place.user, new Date(), new Date(Date.now() - 60_000));
    // A wait would have no end.
    place.stopTime();
    const store = place.make();
    await store.load();
    await write(store, 'a', 1);
    rmSync(place.user);
    await place.make().load();
  });

  it('F1: a write that is given up while it waits stores nothing (P5, P29)', async () => {
    const store = await place.loaded(full);
    place.stopTime();
    writeFileSync(place.user, '');
    const abort = new AbortController();
    const written = failureOf(write(store, 'a', 2, {}, 'user', { signal: abort.signal }));
    expect(await stillPending(written, moment)).to.equal(true);
    abort.abort();
    expect((await written).message).to.contain('given up');
    expect(place.text()).to.equal('');
  });

  it('F1: a wait ends with the store, and none goes on while all is well (P40, P43)', async () => {
    const timers = async (): Promise<number> => {
      // A timer that has just fired is counted until its turn is over.
      await new Promise(setImmediate);
      return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    };
    const before = await timers();
    const store = await place.loaded(full);
    const changes = observed(store);
    writeFileSync(place.user, full.replace('"s.a": 1', '"s.a": 2'));
    await changes.count(1);
    await until('no timer is left', async () => await timers() <= before);
    place.stopTime();
    writeFileSync(place.user, '');
    const loading = store.load();
    expect(await stillPending(loading, moment)).to.equal(true);
    store.dispose();
    expect((await failureOf(loading)).message).to.contain('given up');
    await until('no timer is left', async () => await timers() <= before);
  });

  it('F1: many lines are saved by truncation every 15 ms: of those updates of ours that are stored, none has taken a line away', async () => {
    writeFileSync(place.user, full);
    const program = `
      const fs = require('node:fs');
      const [file, text] = process.argv.slice(1);
      const others = JSON.parse(text);
      let round = 0;
      const save = () => {
        // It keeps what it does not know, as a good editor does; it does not look once more.
        let held = {};
        try { held = JSON.parse(fs.readFileSync(file, 'utf8')); } catch {}
        const descriptor = fs.openSync(file, 'w');
        setTimeout(() => {
          fs.writeSync(descriptor, JSON.stringify({ ...held, ...others, round: round++ }));
          fs.closeSync(descriptor);
          setTimeout(save, 15);
        }, 5);
      };
      save();`;
    const writer = spawn(process.execPath, ['-e', program, place.user, full], { stdio: ['ignore', 'inherit', 'inherit'] });
    place.undo(() => void writer.kill('SIGKILL'));
    const store = await place.loaded();
    const lost: string[] = [];
    for (let stored = 0; stored < 25;) {
      try {
        await write(store, 'a', `${stored}`);
      } catch (error) {
        expect((error as StoreError).reason).to.equal('newer');
        continue;
      }
      stored++;
      const text = readFileSync(place.user, 'utf8');
      // The writer may be in the middle of it by now.
      try {
        JSON.parse(text);
      } catch {
        continue;
      }
      if (others(text) < 40) lost.push(text);
    }
    const ended = new Promise((resolve) => writer.on('exit', resolve));
    writer.kill();
    await ended;
    expect(lost).to.deep.equal([]);
  });

  it('F1: what is truncated between the last look and the rename is not buried, however late it is written (F53)', async () => {
    const store = await place.loaded(full);
    const theirs = full.replace('"other.0": 0', '"other.0": "saved"');
    let once = true;
    place.patch(fs, 'renameSync', (rename) => (from: string, to: string) => {
      if (!once || to !== place.user) return rename(from, to);
      once = false;
      const descriptor = openSync(place.user, 'w');
      rename(from, to);
      setTimeout(() => {
        writeSync(descriptor, theirs);
        closeSync(descriptor);
      }, moment);
    });
    await write(store, 'a', 'ours');
    expect(parse(place.text())).to.deep.equal({ ...parse(theirs) as object, 's.a': 'ours' });
    expect(effective(store, 'a')).to.equal('ours');
  });

  it('F1: where nothing follows such a truncation, what was there before stays', async () => {
    const store = await place.loaded(full);
    let descriptor = 0;
    place.patch(fs, 'renameSync', (rename) => (from: string, to: string) => {
      if (to === place.user) descriptor = openSync(place.user, 'w');
      rename(from, to);
    });
    await write(store, 'a', 'ours');
    closeSync(descriptor);
    expect([others(place.text()), effective(store, 'a')]).to.deep.equal([40, 'ours']);
  });

  it('F1: a service serves no default meanwhile, computes nothing from it, and acknowledges what is stored', async () => {
    writeFileSync(place.user, '{"s.a": [1, 2, 3], "other.x": 1}');
    const service = createConfigurationService(definition, { store: place.make() });
    place.undo(() => void service.dispose());
    await service.ready;
    let changes = 0;
    service.onDidChange('a', () => void changes++);
    const go = place.stopTime();
    const descriptor = openSync(place.user, 'w');
    const seen: unknown[] = [];
    const updated = service.update('a', (list) => {
      seen.push(list);
      return [...list as number[], 4];
    });
    await elapse(4 * moment);
    expect([service.get('a'), changes, seen]).to.deep.equal([[1, 2, 3], 0, []]);
    writeSync(descriptor, '{"s.a": [1, 2, 3, 30], "other.x": 2}');
    closeSync(descriptor);
    await updated;
    go();
    expect(parse(place.text())).to.deep.equal({ 's.a': [1, 2, 3, 30, 4], 'other.x': 2 });
    expect(seen).to.deep.equal([[1, 2, 3, 30]]);
  });
});
