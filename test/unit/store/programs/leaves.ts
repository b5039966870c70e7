/**
 * `leaves.ts FOLDER SECTION`: keeps a journal in the folder, says so, and goes on until it is killed. A line on its input makes it
 * take over what others have left: it prints the texts as one JSON list.
 */
import { createInterface } from 'node:readline';
import { journalFolder } from '../../../../src/store/journal-folder.ts';

const [folder = '', name = ''] = process.argv.slice(2);
const home = journalFolder(folder);
await home.memento.update(name, `of ${process.pid}`);
console.log('kept');
for await (const _ of createInterface(process.stdin)) console.log(JSON.stringify((await home.takeOver!(name)).map(({ text }) => text)));
