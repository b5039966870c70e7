/** The extension in ./extension as it is after each step of docs/guides/move.md: the guide's code takes the place of its files. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { foundSettings } from '../../src/cli/found-settings.ts';
import { PackageFile } from '../../src/cli/package-file.ts';
import { typesText } from '../../src/cli/types-file.ts';
import { projectRoot } from '../vscode-host/paths.ts';

export const extensionFolder = path.join(projectRoot, 'tools/language-client/extension');
export const guide = 'docs/guides/move.md';

/** By the number of the step, `0` being what it was before: its files, with the generated one from the first step on. */
export function steps(): Map<string, ReadonlyMap<string, string>> {
  const sources = readdirSync(extensionFolder).filter((name) => name.endsWith('.ts'));
  let files = new Map(sources.map((name) => [name, readFileSync(path.join(extensionFolder, name), 'utf8')]));
  const all = new Map([['0', files]]);
  const text = readFileSync(path.join(projectRoot, guide), 'utf8');
  for (const [, step, name, code] of text.matchAll(/^```ts title="(\d+)\/([^"]+)"\n([^]*?)^```$/gm)) {
    files = new Map([...all.get(step!) ?? files, ['settings.generated.ts', typesText(foundSettings(new PackageFile(path.join(extensionFolder, 'package.json'))))], [name!, code!]]);
    all.set(step!, files);
  }
  return all;
}
