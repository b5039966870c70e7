import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { folders, install } from '../../tools/on-demand.ts';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { night } from '../night.ts';

describe('Packages on demand', () => {
  const folder = 'tools/peers';
  let registry: Server;
  /** Versions of `tiny` that have been downloaded. */
  let downloads: string[];
  let root: string;
  const home = (...names: string[]): string => path.join(root, folder, ...names);
  const tarballs = new Map<string, Buffer>();
  const integrity = (version: string): string => `sha512-${createHash('sha512').update(tarballs.get(version)!).digest('base64')}`;
  const environment = { ...process.env };

  before(async () => {
    for (const version of ['1.0.0', '2.0.0']) {
      const made = temporaryFolder();
      mkdirSync(path.join(made, 'package'));
      writeFileSync(path.join(made, 'package/package.json'), JSON.stringify({ name: 'tiny', version, main: 'index.js' }));
      writeFileSync(path.join(made, 'package/index.js'), `module.exports = '${version}';`);
      execFileSync('tar', ['-czf', 'tiny.tgz', 'package'], { cwd: made });
      tarballs.set(version, readFileSync(path.join(made, 'tiny.tgz')));
    }
    registry = createServer((request, response) => {
      const version = /(\d\.\d\.\d)\.tgz$/.exec(request.url!)?.[1];
      if (version !== undefined) {
        downloads.push(version);
        response.end(tarballs.get(version));
        return;
      }
      const versions = [...tarballs.keys()].map((each) => [each, { name: 'tiny', version: each, dist: { integrity: integrity(each), tarball: `${address()}tiny-${each}.tgz` } }]);
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '2.0.0' }, versions: Object.fromEntries(versions) as object }));
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
  });

  const address = (): string => `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;

  /** What the folder asks for from now on. */
  function ask(version: string, node = '>=20'): void {
    const manifest = { name: 'on-demand', engines: { node }, dependencies: { tiny: version } };
    writeFileSync(home('package.json'), JSON.stringify(manifest));
    writeFileSync(home('package-lock.json'), JSON.stringify({
      name: 'on-demand', lockfileVersion: 3, requires: true,
      packages: { '': manifest, 'node_modules/tiny': { version, integrity: integrity(version) } },
    }));
  }

  const steps: string[] = [];
  const installed = (): Promise<NodeJS.Require> => install(folder, { root, progress: { step: (step) => void steps.push(step), done: () => {} } });
  const failure = (): Promise<string> => installed().then(() => 'it is installed', (error: Error) => error.message);

  beforeEach(() => {
    downloads = [];
    root = temporaryFolder();
    mkdirSync(home(), { recursive: true });
    writeFileSync(home('.npmrc'), readFileSync(path.join(projectRoot, folder, '.npmrc')));
    ask('1.0.0');
    Object.assign(process.env, { npm_config_registry: address(), npm_config_cache: path.join(root, 'cache'), npm_config_fetch_retries: '0' });
  });

  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
    Object.assign(process.env, environment);
  });

  after(() => {
    registry.closeAllConnections();
    registry.close();
  });

  it('are installed when they are asked for, once', async () => {
    for (let n = 0; n < 2; n++) expect((await installed())('tiny')).to.equal('1.0.0');
    expect(downloads).to.deep.equal(['1.0.0']);
    expect(steps.splice(0)).to.deep.equal(['Installing the packages of tools/peers']);
  });

  it('are installed again when the lockfile has changed', async () => {
    await installed();
    ask('2.0.0');
    expect((await installed()).resolve('tiny')).to.equal(home('node_modules/tiny/index.js'));
    expect(readFileSync(home('node_modules/tiny/index.js'), 'utf8')).to.include('2.0.0');
    expect(readdirSync(home())).to.have.members(['.npmrc', 'package.json', 'package-lock.json', 'node_modules']);
  });

  it('are not taken for whole when an installation was cut short', async () => {
    mkdirSync(home('node_modules/tiny'), { recursive: true });
    writeFileSync(home('node_modules/tiny/package.json'), JSON.stringify({ name: 'tiny', version: '1.0.0' }));
    expect((await installed())('tiny')).to.equal('1.0.0');
  });

  night.it('are installed by one of several processes, and of several modules, that need them at once', async () => {
    await install(folder, { root, progress: { step: () => {}, done: () => {} } });
    ask('2.0.0');
    downloads = [];
    // Each with a cache of its own, so that what it installs it downloads.
    const script = `process.env.npm_config_cache += process.pid;
      const { install } = await import(${JSON.stringify(pathToFileURL(path.join(projectRoot, 'tools/on-demand.ts')).href)});
      const [load] = await Promise.all([1, 2].map(() => install(${JSON.stringify(folder)}, { root: ${JSON.stringify(root)} })));
      console.log(load('tiny'));`;
    const three = [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', script], projectRoot));
    expect(await Promise.all(three)).to.deep.equal(['2.0.0\n', '2.0.0\n', '2.0.0\n']);
    expect(downloads).to.deep.equal(['2.0.0']);
    expect(readdirSync(home())).to.have.members(['.npmrc', 'package.json', 'package-lock.json', 'node_modules']);
  });

  night.it('are found in the cache of npm when there is no network', async () => {
    await installed();
    rmSync(home('node_modules'), { recursive: true });
    process.env['npm_config_registry'] = 'http://127.0.0.1:9/';
    process.env['npm_config_offline'] = 'true';
    // The cache knows packages by their registry.
    expect(await failure()).to.include('the npm registry cannot be reached (ENOTCACHED)');
    process.env['npm_config_registry'] = address();
    expect((await installed())('tiny')).to.equal('1.0.0');
  });

  it('say in one sentence why they are not installed, and the command that tries again; nothing is left', async () => {
    process.env['npm_config_registry'] = 'http://127.0.0.1:9/';
    const toTryAgain = 'to try again: npm run on-demand -- tools/peers';
    expect(await failure()).to.equal(`The packages of tools/peers are not installed, because the npm registry cannot be reached (ECONNREFUSED); ${toTryAgain}`);
    process.env['npm_config_registry'] = address();
    ask('1.0.0', '>=99');
    expect(await failure()).to.equal(`The packages of tools/peers are not installed, because they need Node.js 99 or newer and this is ${process.versions.node}; ${toTryAgain}`);
    ask('1.0.0');
    writeFileSync(home('package-lock.json'), readFileSync(home('package-lock.json'), 'utf8').replace(integrity('1.0.0'), integrity('2.0.0')));
    expect(await failure()).to.equal(`The packages of tools/peers are not installed, because npm failed with EINTEGRITY; ${toTryAgain}`);
    expect(existsSync(home('node_modules'))).to.equal(false);
    expect(readdirSync(home())).to.have.members(['.npmrc', 'package.json', 'package-lock.json']);
  });

  it('have a command, which names the folders', async () => {
    const { scripts } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    expect(scripts['on-demand']).to.equal('node tools/on-demand.ts');
    const said = await run(process.execPath, ['tools/on-demand.ts', 'tools/nothing'], projectRoot).then(() => '', (error: Error) => error.message);
    expect(said).to.include(`ended with 2:\nNo packages are installed on demand in tools/nothing. There are: ${folders.join(', ')}.`);
  });
});
