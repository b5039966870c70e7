import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { contributedConfiguration } from '../../../src/settings/manifest.ts';
import { bundle, fromSource, type BuiltFile } from '../../../tools/bundles.ts';
import type { Product } from '../../../tools/products.ts';
import { projectRoot } from '../../../tools/vscode-host/paths.ts';
import { definition } from './definition.ts';

const folder = 'out/torture/extension';
export const extensionFolder = path.join(projectRoot, folder);

/** The extension that writes, as VS Code loads it. */
export const tortureExtension: Product<BuiltFile[]> = {
  name: 'extension of the torture',
  sources: ['machines', 'src', 'test/torture', 'test/limits.ts', 'package.json', 'package-lock.json'],
  async make() {
    mkdirSync(extensionFolder, { recursive: true });
    writeFileSync(path.join(extensionFolder, 'package.json'), JSON.stringify({
      name: 'torture', publisher: 'holdfast-tests', version: '0.0.1', engines: { vscode: '^1.100.0' },
      main: './extension.cjs', activationEvents: ['onStartupFinished'],
      contributes: { configuration: contributedConfiguration(definition) },
    }));
    return bundle({ ...fromSource, entryPoints: ['test/torture/windows/extension.ts'], outfile: `${folder}/extension.cjs`, format: 'cjs', sourcemap: 'inline' });
  },
  made: (built) => [...built.map(({ file }) => file), `${folder}/package.json`],
};
