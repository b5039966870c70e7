/** A step of `npm run pictures`: what the workbench tests have seen becomes a picture of the documents. */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const pictures = {
  'docs/images/inspector': 'inspector-open-dark',
  'docs/images/inspector-guard': 'inspector-guard-dark',
};

for (const [name, seen] of Object.entries(pictures)) {
  const file = path.join(root, `${name}.png`);
  mkdirSync(path.dirname(file), { recursive: true });
  copyFileSync(path.join(root, 'out/workbench', `${seen}.png`), file);
  console.log(`${name}.png`);
}
