import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { build } from 'esbuild';
import { attw, publint, webpack } from '../../tools/package-checks/package-checks.ts';
import { packagesReady, type Packages } from '../../tools/package/main.ts';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { isNight } from '../night.ts';

/** The library as a stranger gets it: from the tarball, in a project of their own, with none of our folders around it. */
describe('The npm package', () => {
  let packages: Packages;
  let project: string;
  const inProject = (...names: string[]): string => path.join(project, ...names);
  // Of the TypeScript that knows the older ways, too.
  const compile = (options: readonly string[]): Promise<string> => run(process.execPath, [path.join(projectRoot, 'node_modules/typescript/bin/tsc'), ...options], project);
  const node = (file: string): Promise<string> => run(process.execPath, [inProject(file)], project);

  before(async () => {
    packages = await packagesReady();
    project = temporaryFolder();
    cpSync(path.join(import.meta.dirname, 'stranger'), project, { recursive: true });
    // TypeScript takes a file for a module of one kind or the other by its extension.
    for (const [folder, extension] of [['esm', 'mts'], ['cjs', 'cts']] as const) {
      mkdirSync(inProject(folder));
      for (const name of ['program', 'in-vscode']) cpSync(inProject(`${name}.ts`), inProject(folder, `${name}.${extension}`));
    }
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', packages.tarball, 'yup', '@types/node@20', '@types/vscode@1.100'], project);
    writeFileSync(inProject('tsconfig.json'), JSON.stringify({
      compilerOptions: { target: 'ES2023', module: 'Node16', strict: true, skipLibCheck: false, types: ['node', 'vscode'], rootDir: '.', outDir: 'out' },
      include: ['esm', 'cjs'],
    }));
    await compile(['--project', inProject('tsconfig.json')]);
  });

  it('brings xstate, and nothing of its own development', () => {
    const installed = readdirSync(inProject('node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).to.include.members(['holdfast', 'xstate']);
    expect(installed).to.not.include.members(['node', 'esbuild', 'jsonc-parser', '@opentelemetry']);
    const { dependencies, scripts, devDependencies } = JSON.parse(readFileSync(inProject('node_modules/holdfast/package.json'), 'utf8')) as Record<string, object | undefined>;
    expect(Object.keys(dependencies!)).to.deep.equal(['xstate']);
    expect(scripts ?? devDependencies).to.equal(undefined);
    expect(readFileSync(inProject('node_modules/holdfast/THIRD-PARTY-NOTICES.txt'), 'utf8')).to.include('jsonc-parser').and.to.include('superjson');
  });

  it('is type-checked and run as an ES module', async () => {
    expect(await node('out/esm/program.mjs')).to.include('the program ran');
  });

  it('is type-checked and run as CommonJS', async () => {
    expect(await node('out/cjs/program.cjs')).to.include('the program ran');
  });

  it('brings the command line, which is run by its name', async () => {
    expect(await run('npx', ['--no-install', 'holdfast', '--help'], project)).to.include('Usage: npx holdfast <command>');
  });

  it('is type-checked as bundlers resolve modules, and as older compilers do', async () => {
    for (const options of [['--module', 'esnext', '--moduleResolution', 'bundler'], ['--module', 'commonjs', '--moduleResolution', 'node10', '--ignoreDeprecations', '6.0']]) {
      await compile(['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--target', 'ES2023', '--types', 'node,vscode', ...options, inProject('program.ts'), inProject('in-vscode.ts')]);
    }
  });

  it('says what is missing when holdfast/vscode is loaded outside VS Code', async () => {
    for (const file of ['out/esm/in-vscode.mjs', 'out/cjs/in-vscode.cjs']) {
      const error = await promisify(execFile)(process.execPath, [inProject(file)]).catch((reason: unknown) => reason as { stderr: string });
      expect(error.stderr).to.match(/Cannot find (module|package) 'vscode'/);
    }
  });

  it('says what is missing when holdfast/opentelemetry is loaded without the API, which is optional', async () => {
    for (const program of ["import('holdfast/opentelemetry')", "require('holdfast/opentelemetry')"]) {
      const error = await promisify(execFile)(process.execPath, ['--eval', program], { cwd: project }).catch((reason: unknown) => reason as { stderr: string });
      expect(error.stderr).to.match(/Cannot find (module|package) '@opentelemetry\/api'/);
    }
  });

  it('is bundled by esbuild, and runs', async () => {
    for (const format of ['esm', 'cjs'] as const) {
      const extension = format === 'esm' ? 'mjs' : 'cjs';
      const outfile = inProject(`out/esbuild/program.${extension}`);
      // As `yo code` has it: no settings but these.
      await build({ entryPoints: [inProject('program.ts')], bundle: true, platform: 'node', format, outfile, logLevel: 'warning' });
      expect(await node(path.relative(project, outfile))).to.include('the program ran');
    }
  });

  it('is bundled by webpack, and runs', async () => {
    await bundleWithWebpack('./out/esm/program.mjs', 'program.cjs');
    expect(await node('out/webpack/program.cjs')).to.include('the program ran');
  });

  it('leaves yup out of a bundle that has the guard alone', async () => {
    const { metafile } = await build({
      entryPoints: [inProject('guard-only.js')], bundle: true, platform: 'node', format: 'esm', outfile: inProject('out/esbuild/guard.mjs'), metafile: true,
    });
    const modules = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs)).flatMap(([name, { bytesInOutput }]) => (bytesInOutput > 0 ? [name] : []));
    const bundled = await bundleWithWebpack('./guard-only.js', 'guard.cjs');
    for (const names of [modules, bundled]) {
      expect(names.filter((name) => name.includes('node_modules/xstate/')), 'xstate').to.not.be.empty;
      expect(names.filter((name) => /node_modules\/(yup|property-expr|toposort)\//.test(name)), 'yup').to.deep.equal([]);
    }
    expect(await node('out/esbuild/guard.mjs')).to.equal('guarded\n');
    expect(await node('out/webpack/guard.cjs')).to.equal('guarded\n');
  });

  it('is bundled for the browser by esbuild and by webpack, without anything of Node, and runs there', async () => {
    const inBrowser = inProject('out/browser/esbuild.cjs');
    await build({ entryPoints: [inProject('in-browser.js')], bundle: true, platform: 'browser', format: 'cjs', external: ['vscode'], outfile: inBrowser, logLevel: 'warning' });
    await bundleWithWebpack('./in-browser.js', 'browser.cjs', { target: 'webworker', externals: { vscode: 'commonjs vscode' }, output: { path: inProject('out/browser'), filename: 'webpack.cjs', library: { type: 'commonjs2' } } });
    for (const file of [inBrowser, inProject('out/browser/webpack.cjs')]) {
      const bundle = readFileSync(file, 'utf8');
      expect(bundle).to.not.match(/(require|import)\(["']node:/);
      // What a browser's extension host gives a bundle: `vscode`, the web's own globals, and nothing of Node's.
      const vscode = { ConfigurationTarget: {}, workspace: {}, extensions: {} };
      const module = { exports: {} as { run(): Promise<string> } };
      const web = { setTimeout, clearTimeout, queueMicrotask, performance, structuredClone, crypto, TextDecoder, TextEncoder, AbortController, AbortSignal, Event, EventTarget, console, URL };
      const require = (name: string): unknown => { if (name === 'vscode') return vscode; throw new Error(`Cannot load module '${name}'`); };
      vm.runInNewContext(bundle, { ...web, module, exports: module.exports, require });
      expect(await module.exports.run()).to.equal('5, guarded, function, unsupported, JsonStore needs a file system, and a browser has none: take `vscodeStore`, or a store of your own.');
    }
  });

  it('is found clean by publint and by Are the Types Wrong?', async () => {
    const { messages } = await publint({ pkgDir: inProject('node_modules/holdfast'), strict: true, pack: false });
    expect(messages).to.deep.equal([]);
    expect(await run(attw, [packages.tarball, '--no-emoji'], projectRoot)).to.include('No problems found');
  });

  it('runs inside VS Code, as CommonJS and as an ES module', async function () {
    if (process.platform === 'win32') this.skip();
    const printed = await run(path.join(projectRoot, 'tools/vscode-host/code'), [
      `--extensionDevelopmentPath=${project}`, `--extensionTestsPath=${inProject('run-in-vscode.cjs')}`, '--disable-workspace-trust',
    ], project);
    expect(printed).to.include('the CommonJS extension ran').and.to.include('the ESM extension ran');
  });

  /** @returns the modules that are in the bundle */
  async function bundleWithWebpack(entry: string, filename: string, options: object = {}): Promise<string[]> {
    // Minifying takes most of the time: it is done at night.
    const usual = { mode: 'production', optimization: { minimize: isNight }, target: 'node' } as const;
    const compiler = webpack({ ...usual, context: project, entry, output: { path: inProject('out/webpack'), filename }, ...options });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    const { errors, modules } = stats!.toJson({ all: false, errors: true, modules: true, nestedModules: true, modulesSpace: Infinity, nestedModulesSpace: Infinity });
    expect(errors).to.deep.equal([]);
    const all = (modules ?? []) as readonly { readonly name?: string; readonly modules?: readonly { readonly name?: string }[] }[];
    return all.flatMap((module) => [module, ...module.modules ?? []]).map(({ name }) => name ?? '');
  }
});

/** What `code --install-extension` gets. That it runs there: npm run demo, and the suite "getting started". */
describe('The VSIX files', () => {
  before(async () => {
    await packagesReady();
  });

  for (const [folder, bundled] of [['extension', ['jsonc-parser', 'superjson', 'xstate']], ['nofx', ['xstate', 'yup']]] as const) {
    it(`${folder}: code, licence and notices of what is bundled, and nothing of development`, () => {
      const inPackage = (name: string): string => readFileSync(path.join(projectRoot, 'out/packages', folder, name), 'utf8');
      const names = readdirSync(path.join(projectRoot, 'out/packages', folder), { recursive: true, encoding: 'utf8' });
      expect(names).to.include.members(['package.json', 'README.md', 'LICENSE', 'THIRD-PARTY-NOTICES.txt', path.join('dist', 'extension.cjs')]);
      expect(names.filter((name) => /\.ts$|\.map$|node_modules/.test(name))).to.deep.equal([]);
      const { scripts, dependencies, devDependencies } = JSON.parse(inPackage('package.json')) as Record<string, unknown>;
      expect([scripts, dependencies, devDependencies]).to.deep.equal([undefined, undefined, undefined]);
      for (const name of bundled) expect(inPackage('THIRD-PARTY-NOTICES.txt')).to.match(new RegExp(`^${name} \\d`, 'm'));
      const notices = inPackage('THIRD-PARTY-NOTICES.txt').split(`\n\n${'-'.repeat(80)}\n\n`).map((each) => each.slice(each.indexOf('\n\n')));
      expect(new Set(notices).size, 'each licence is said once').to.equal(notices.length);
      expect(inPackage('README.md')).not.to.match(/\]\((?!https?:|#|data:image\/png;base64,)/);
      expect(inPackage('dist/extension.cjs').length).to.be.greaterThan(10_000);
    });
  }
});
