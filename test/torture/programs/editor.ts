/**
 * `editor.ts FILE SEED WAY…`: an editor that knows nothing of the lock: reads the settings file, and saves it with a change of its own, by
 * one of the ways in turn, until SIGTERM: again once others have written, so that they get somewhere, however slow they are. Prints a line of
 * JSON for each save: a `Save`.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { settlingTime } from '../../../src/store/store.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { elapse, limits } from '../../limits.ts';
import { isTorn, type Save, type Way } from '../verdict.ts';
import { partsIn } from '../windows/definition.ts';
import { now, settingsIn, type Done } from './definition.ts';

const [file = '', seed = '', ...ways] = process.argv.slice(2);
const random = seededRandom(Number(seed));

const saves: Record<Way, (text: string) => void | Promise<void>> = {
  'by truncation': async (text) => {
    const descriptor = openSync(file, 'w');
    const half = Math.floor(text.length * random());
    await elapse(2 * random());
    writeSync(descriptor, text.slice(0, half));
    await elapse(2 * random());
    writeSync(descriptor, text.slice(half));
    closeSync(descriptor);
  },
  'by rename': (text) => {
    writeFileSync(`${file}.editor`, text);
    renameSync(`${file}.editor`, file);
  },
  'in place': (text) => {
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, text);
    ftruncateSync(descriptor, Buffer.byteLength(text));
    closeSync(descriptor);
  },
};

function partsOnDisk(): readonly string[] | undefined {
  const settings = settingsIn(readFileSync(file, 'utf8'));
  return settings && partsIn(settings);
}

/** Whether the file is no mixture, now or when another has come to the end of writing it. */
async function isWhole(): Promise<boolean> {
  const look = (): boolean => {
    const parts = partsOnDisk();
    return parts !== undefined && !isTorn(parts);
  };
  if (look()) return true;
  await elapse(settlingTime / 10);
  return look();
}

let isOver = false;
process.on('SIGTERM', () => (isOver = true));
for (let number = 1; !isOver; number++) {
  const way = ways[number % ways.length] as Way;
  const begun = now();
  const settings = settingsIn(readFileSync(file, 'utf8'));
  // VS Code is just writing it.
  if (settings === undefined) {
    await elapse(1);
    continue;
  }
  const text = JSON.stringify({ ...settings, editor: number }, null, 2);
  await saves[way](text);
  const left = { at: now(), parts: partsOnDisk() ?? [] };
  // VS Code writes in place: who writes at the same moment may leave a mixture of both, sees it, and saves again.
  while (!await isWhole()) await saves['by rename'](text);
  const done = settings['torture.done'] as Done | undefined ?? {};
  const save: Save = { way, number, begun, ended: now(), done, transaction: partsIn(settings)[0]!, left };
  writeSync(1, `${JSON.stringify(save)}\n`);
  while (!isOver && readFileSync(file, 'utf8') === text) await elapse(limits.look);
  // At any moment of what others do next, which takes them about as long.
  await elapse(random() * (now() - save.ended));
}
