import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import * as yup from 'yup';
import { contributedConfiguration, defineSettings, restrictedConfigurations } from '../../src/index.ts';
import { run } from '../../tools/run.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { blocksOf } from './documents.ts';
import { deploymentSettings, typeErrors } from './typecheck.ts';

/** The code in docs/guides/deployment.md, as a reader would copy it. */
describe('The deployment guide', () => {
  const folder = path.join(projectRoot, 'out/documents/deployment');
  const blocks = blocksOf('docs/guides/deployment.md');
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);

  before(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    write('settings.ts', deploymentSettings);
    for (const [name, code] of blocks) write(name, code);
  });

  it('has code that is type-checked', async () => {
    expect([...blocks.keys()]).to.deep.equal(['deployment-activate.ts', 'manifest.test.ts', 'deployment-roots.ts']);
    expect(await typeErrors('deployment')).to.equal('');
  });

  it('has a test that tells whether package.json says what the definition says', async () => {
    const app = defineSettings('app', { compiler: { schema: yup.string().defined(), default: '', description: 'A program.', restricted: true } });
    const manifest = (title: string): string => JSON.stringify({
      contributes: { configuration: contributedConfiguration(app, title) },
      capabilities: { untrustedWorkspaces: { supported: 'limited', restrictedConfigurations: restrictedConfigurations(app) } },
    });
    const verdict = (): Promise<string> => run(process.execPath, ['--import', path.join(projectRoot, 'tools/from-source.ts'), '--test', 'manifest.test.ts'], folder).then(() => 'passed', () => 'failed');
    write('package.json', manifest('App'));
    expect(await verdict()).to.equal('passed');
    write('package.json', manifest('Another'));
    expect(await verdict()).to.equal('failed');
  });
});
