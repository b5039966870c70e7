/**
 * The last step of `npm run pictures`: what the workbench tests have seen becomes the pictures of the walkthrough.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const into = path.join(root, 'media/walkthrough');

const pictures = {
  marks: 'editor-marks-dark',
  writes: 'editor-failed-write-dark',
  health: 'editor-health-view-dark',
  demo: 'editor-demo-broken-dark',
};

mkdirSync(into, { recursive: true });
for (const [name, seen] of Object.entries(pictures)) {
  copyFileSync(path.join(root, 'out/workbench', `${seen}.png`), path.join(into, `${name}.png`));
  console.log(`media/walkthrough/${name}.png`);
}
