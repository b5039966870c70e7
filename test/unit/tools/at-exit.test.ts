import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { run } from '../../../tools/run.ts';
import { temporaryFolder } from '../../../tools/vscode-host/home.ts';
import { projectRoot } from '../../../tools/vscode-host/paths.ts';

const importing = (name: string): string => `await import(${JSON.stringify(pathToFileURL(path.join(projectRoot, 'tools', name)).href)})`;
const node = (script: string): Promise<string> => run(process.execPath, ['--input-type=module', '-e', script], projectRoot);

describe('At the end of a process', () => {
  it('all is done that was asked for and not taken back, also after a failure', async () => {
    const said = await node(`const { atExit } = ${importing('at-exit.ts')};
      atExit(() => console.log('one'));
      atExit(() => { throw new Error('two'); });
      atExit(() => console.log('three'))();
      atExit(() => console.log('four'));`);
    expect(said).to.equal('one\nfour\n');
  });

  it('twenty temporary folders are gone, without a warning of too many listeners', async () => {
    const [folders = '', warnings] = (await node(`const { temporaryFolder } = ${importing('vscode-host/home.ts')};
      const warnings = [];
      process.on('warning', ({ name }) => warnings.push(name));
      console.log(Array.from({ length: 20 }, temporaryFolder).join());
      setImmediate(() => console.log(warnings.join()));`)).split('\n');
    expect(warnings).to.equal('');
    expect(folders.split(',')).to.have.length(20);
    expect(folders.split(',').filter((folder) => existsSync(folder))).to.deep.equal([]);
  });

  it('programs that run side by side are no reason for a warning', async () => {
    const before = process.listenerCount('exit');
    const running = Array.from({ length: 12 }, () => run(process.execPath, ['--version'], temporaryFolder()));
    expect(process.listenerCount('exit')).to.equal(before);
    await Promise.all(running);
  });
});
