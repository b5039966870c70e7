import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { folders } from '../../../tools/on-demand.ts';
import { run } from '../../../tools/run.ts';
import { projectRoot } from '../../../tools/vscode-host/paths.ts';

interface Locked {
  readonly version: string;
  readonly engines?: { readonly node?: string };
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly deprecated?: string;
  readonly hasInstallScript?: boolean;
}

/** The lockfile of a folder: its packages by their paths, without the folder itself. */
function locked(folder: string): [name: string, Locked][] {
  const { packages } = JSON.parse(readFileSync(path.join(projectRoot, folder, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };
  return Object.entries(packages).filter(([name]) => name !== '');
}

/** As far as lockfiles go: alternatives, of which each begins with a version. */
function acceptsNode20(range: string): boolean {
  return range.split('||').some((alternative) => {
    const [, operator = '', major = ''] = /^\s*([<>=^~]*)\s*v?(\d+|\*)/.exec(alternative) ?? [];
    return major === '*' || (operator.startsWith('>') ? Number(major) <= 20 : Number(major) === 20);
  });
}

describe('npm ci', () => {
  const packages = locked('');
  const isForUs = ({ os, cpu }: Locked): boolean => (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true);

  it('installs at most 350 packages', () => {
    expect(packages.filter(([, each]) => isForUs(each))).to.have.length.within(100, 350);
  });

  it('has nothing to warn of: every package accepts Node.js 20, none is deprecated, and install scripts are allowed by name', () => {
    expect(packages.filter(([, { engines }]) => engines?.node !== undefined && !acceptsNode20(engines.node)).map(([name]) => name)).to.deep.equal([]);
    expect(packages.filter(([, { deprecated }]) => deprecated !== undefined).map(([name]) => name)).to.deep.equal([]);
    const { allowScripts } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { allowScripts: object };
    expect(packages.filter(([, each]) => each.hasInstallScript === true && isForUs(each)).map(([name]) => name.replace('node_modules/', ''))).to.have.members(Object.keys(allowScripts));
  });

  it('asks the registry of the user: no lockfile names one', async () => {
    const files = (await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*package-lock.json'], projectRoot)).trim().split('\n');
    expect(files.map((file) => path.posix.dirname(file))).to.have.members(['.', ...folders]);
    for (const file of files) expect(readFileSync(path.join(projectRoot, file), 'utf8'), file).not.to.match(/"resolved"|\.tgz/);
  });
});
