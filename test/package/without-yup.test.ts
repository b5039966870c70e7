import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { build } from 'esbuild';
import { webpack } from '../../tools/package-checks/package-checks.ts';
import { packagesReady } from '../../tools/package/main.ts';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { night } from '../night.ts';

/** yup is for those who write their settings with it: the library is installed, loaded, type-checked and bundled without. */
night.describe('The npm package without yup', () => {
  let project: string;
  const inProject = (...names: string[]): string => path.join(project, ...names);
  const node = (file: string): Promise<string> => run(process.execPath, [inProject(file)], project);

  before(async () => {
    const packages = await packagesReady();
    project = temporaryFolder();
    for (const [folder, extension] of [['esm', 'mts'], ['cjs', 'cts']] as const) {
      mkdirSync(inProject(folder));
      cpSync(path.join(import.meta.dirname, 'without-yup/program.ts'), inProject(folder, `program.${extension}`));
    }
    writeFileSync(inProject('package.json'), JSON.stringify({ name: 'without-yup', private: true }));
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', packages.tarball, '@types/node@20'], project);
    writeFileSync(inProject('tsconfig.json'), JSON.stringify({
      compilerOptions: { target: 'ES2023', module: 'Node16', strict: true, skipLibCheck: false, types: ['node'], rootDir: '.', outDir: 'out' },
      include: ['esm', 'cjs'],
    }));
    await run(path.join(projectRoot, 'node_modules/.bin/tsc'), ['--project', inProject('tsconfig.json')], project);
  });

  it('brings xstate alone', () => {
    expect(readdirSync(inProject('node_modules')).filter((name) => !/^[.@]/.test(name)).sort()).to.deep.equal(['holdfast', 'undici-types', 'xstate']);
  });

  it('is type-checked and run, as an ES module and as CommonJS; where yup is needed, an error names it', async () => {
    for (const file of ['out/esm/program.mjs', 'out/cjs/program.cjs']) expect(await node(file)).to.equal('the program ran without yup\n');
  });

  it('loads holdfast/vscode, but for VS Code itself', async () => {
    for (const program of ["import('holdfast/vscode')", "require('holdfast/vscode')"]) {
      const loaded = run(process.execPath, ['--eval', `(async () => ${program})().catch((error) => console.log(error.message))`], project);
      expect(await loaded).to.match(/^Cannot find (module|package) 'vscode'/);
    }
  });

  it('is bundled by esbuild and by webpack, and runs', async () => {
    const outfile = inProject('out/esbuild.cjs');
    await build({ entryPoints: [inProject('esm/program.mts')], bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'silent' });
    expect(await node('out/esbuild.cjs')).to.equal('the program ran without yup\n');
    const compiler = webpack({ mode: 'production', target: 'node', context: project, entry: './out/esm/program.mjs', output: { path: inProject('out'), filename: 'webpack.cjs' } });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    expect(stats!.toJson({ all: false, errors: true }).errors).to.deep.equal([]);
    expect(await node('out/webpack.cjs')).to.equal('the program ran without yup\n');
  });
});
