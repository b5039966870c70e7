/**
 * The last step of `npm run pictures`: what the workbench tests have seen becomes the pictures of the walkthrough and of the
 * documents.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const pictures = {
  'media/walkthrough/marks': 'editor-marks-dark',
  'media/walkthrough/writes': 'editor-failed-write-dark',
  'media/walkthrough/health': 'editor-health-view-dark',
  'media/walkthrough/demo': 'editor-demo-broken-dark',
  'docs/images/inspector': 'inspector-open-dark',
};

for (const [name, seen] of Object.entries(pictures)) {
  const file = path.join(root, `${name}.png`);
  mkdirSync(path.dirname(file), { recursive: true });
  copyFileSync(path.join(root, 'out/workbench', `${seen}.png`), file);
  console.log(`${name}.png`);
}
