import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { forBrowser } from './browser-variants.ts';
import { guide, steps } from './language-client/steps.ts';
import { install } from './on-demand.ts';
import type { Product } from './products.ts';
import { run } from './run.ts';
import { typeChecker } from './type-checker.ts';
import { withoutFormats } from './without-formats.ts';
import { exampleExtensions, nofxFolder, patientNofxFolder, projectRoot } from './vscode-host/paths.ts';

/** What the repository builds. Each skips itself while its source is not there. */

/** A file that was written, relative to the project, and its size in bytes. */
export interface BuiltFile {
  readonly file: string;
  readonly size: number;
  /** The modules in it, relative to the project. */
  readonly modules: readonly string[];
}

const everywhere: BuildOptions = {
  absWorkingDir: projectRoot,
  bundle: true,
  platform: 'node',
  // jsonc-parser's main is UMD, which no bundler can follow.
  mainFields: ['module', 'main'],
  target: 'node20',
  metafile: true,
  logLevel: 'warning',
  // `vscode` exists inside VS Code's extension host only.
  external: ['vscode'],
};

/** The VS Code extensions: ours, and the examples on the library, which take the library from source. */
async function buildExtensions(): Promise<BuiltFile[]> {
  const extensions = [
    { entry: 'src/extension/extension.ts', outfile: 'dist/extension.cjs' },
    { entry: 'src/extension/later.ts', outfile: 'dist/later.cjs' },
    { entry: 'src/extension/telemetry-export.ts', outfile: 'dist/telemetry-export.cjs' },
    ...exampleExtensions.map((folder) => ({ entry: path.join(folder, 'src/extension.ts'), outfile: path.join(folder, 'dist/extension.cjs') })),
  ];
  // In the browser nothing can be loaded later: each is one file.
  const inBrowser = [['src/extension/extension.ts', 'dist'], [path.join(nofxFolder, 'src/extension.ts'), path.join(nofxFolder, 'dist')]] as const;
  const options: BuildOptions = { ...fromSource, format: 'cjs', minify: true, keepNames: true, sourcemap: true };
  const built = await Promise.all([
    ...extensions.filter(({ entry }) => present(entry)).map(({ entry, outfile }) => bundle({ ...options, entryPoints: [entry], outfile, plugins: [loadedLater] })),
    ...inBrowser.map(([entry, folder]) => bundle({ ...options, ...forBrowser, entryPoints: [entry], outfile: path.join(folder, 'web/extension.cjs') })),
  ]);
  return [...built.flat(), ...await buildWebview()];
}

/** These of `src/extension` are bundles of their own beside the extension's: what starts fast does not carry them. */
export const loadedLater: Plugin = {
  name: 'loaded later',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(later|telemetry-export)\.ts$/ }, ({ kind, path: module }) => (kind === 'dynamic-import' ? { path: module.replace(/ts$/, 'cjs'), external: true } : undefined));
  },
};

/** The inspector's page: one script and one style sheet, loaded by the webview under a strict CSP. */
export async function buildWebview(): Promise<BuiltFile[]> {
  return bundle({
    ...everywhere, platform: 'browser', target: 'es2022', external: [], minify: true, sourcemap: false, format: 'iife',
    entryPoints: ['src/webview/main.ts', 'src/webview/style.css'], outdir: 'dist/webview',
  });
}

/**
 * The library. Its doors share their code, so that an error which `holdfast/vscode` throws is an `instanceof` the
 * class which `holdfast` exports: as shared chunks in ESM; in CommonJS, for which esbuild makes no chunks, as one file
 * behind the doors, whose parts load when they are first asked for (`vscode` cannot be loaded in plain Node).
 * The guard is an entry too, so that it is a chunk of its own.
 */
async function buildLibrary(): Promise<BuiltFile[]> {
  // What a user shares with it stays outside; the rest comes along, since not every bundler can follow it.
  const library: BuildOptions = { ...everywhere, external: ['vscode', 'xstate', 'yup', '@opentelemetry/api'], sourcemap: true, plugins: [yupBesides] };
  const cli = await bundle({ ...library, entryPoints: ['src/cli.ts'], outfile: 'dist/cli.js', format: 'esm', minify: true, banner: { js: '#!/usr/bin/env node' } });
  return [...cli, ...await buildDoors(library, 'dist'), ...await buildDoors({ ...library, ...forBrowser, plugins: [...forBrowser.plugins, yupBesides] }, 'dist/browser')];
}

/** The file that loads yup stays as it is, beside the others: its `require` is for the bundlers of those who use the library. */
const yupBesides: Plugin = {
  name: 'yup besides',
  setup({ onResolve }) {
    onResolve({ filter: /\/load-yup\.cjs$/ }, () => ({ path: `./${yupLoader}.cjs`, external: true }));
  },
};
export const yupLoader = 'load-yup';

/** What can be imported of the library; each is a file in CommonJS too. */
export const doors = ['index', 'vscode', 'testing', 'opentelemetry'];

async function buildDoors(options: BuildOptions, folder: string): Promise<BuiltFile[]> {
  const esm = await bundle({
    ...options, entryPoints: [...doors.map((door) => ({ in: `src/${door}.ts`, out: door })), { in: 'src/guard/guard.ts', out: 'guard' }], outdir: folder, format: 'esm', splitting: true, chunkNames: 'shared-[hash]',
  });
  const cjs = await bundle({
    ...options,
    stdin: {
      contents: doors.map((door) => `exports.${door} = () => require('./src/${door}.ts');`).join('\n'),
      resolveDir: projectRoot,
    },
    outfile: `${folder}/library.cjs`,
    format: 'cjs',
  });
  await cp(path.join(projectRoot, `src/settings/${yupLoader}.cjs`), path.join(projectRoot, folder, `${yupLoader}.cjs`));
  await removeOldChunks(folder, esm);
  for (const door of doors) {
    await writeFile(path.join(projectRoot, folder, `${door}.cjs`), `module.exports = require('./library.cjs').${door}();\n`);
  }
  return [...esm, ...cjs];
}

/** The names of chunks change with their content. */
async function removeOldChunks(folder: string, current: readonly BuiltFile[]): Promise<void> {
  for (const name of await readdir(path.join(projectRoot, folder))) {
    const chunk = /^(shared-.*\.js)(\.map)?$/.exec(name)?.[1];
    if (chunk !== undefined && !current.some(({ file }) => file === `${folder}/${chunk}`)) await rm(path.join(projectRoot, folder, name));
  }
}

/** What decides how a bundle comes out, beside the code in it. */
const builder = ['tools/bundles.ts', 'tools/browser-variants.ts', 'tools/without-formats.ts', 'package.json', 'package-lock.json'];

/** The files of bundles, with their maps. */
const filesOf = (built: readonly BuiltFile[]): string[] => built.flatMap(({ file }) => [file, `${file}.map`]);

const patientLibrary = 'test/workbench/patient-library.ts';

/** Each of them made once, see products.ts. */
export const products = {
  extensions: { name: 'extensions', sources: ['machines', 'src', 'examples', ...builder], make: buildExtensions, made: filesOf },
  library: {
    name: 'library', sources: ['machines', 'src', ...builder], make: buildLibrary,
    made: (built) => [...filesOf(built), ...[...doors, yupLoader].flatMap((name) => [`dist/${name}.cjs`, `dist/browser/${name}.cjs`])],
  },
  tests: {
    name: 'tests in VS Code', sources: ['machines', 'src', 'examples', 'test', 'tools', guide, ...builder], make: buildVscodeTests, made: filesOf,
  },
  patientNofx: {
    name: 'NofX of the workbench tests', sources: ['machines', 'src', 'examples', patientLibrary, ...builder], make: buildPatientNofx,
    made: (built) => [...filesOf(built), 'out/test/workbench/nofx/package.json'],
  },
} satisfies Record<string, Product<BuiltFile[]>>;

/** The library's type declarations, made once. */
export const types: Product<void> = {
  name: 'types', sources: ['machines', 'src', 'tsconfig.json', 'tools/tsconfig.types.json', 'package-lock.json'],
  make: buildTypes, made: () => ['dist/types'],
};

/** The NofX example as the tests of the workbench have it. */
async function buildPatientNofx(): Promise<BuiltFile[]> {
  const folder = path.relative(projectRoot, patientNofxFolder);
  await mkdir(patientNofxFolder, { recursive: true });
  await cp(path.join(nofxFolder, 'package.json'), path.join(patientNofxFolder, 'package.json'));
  return bundle({
    ...forTests,
    alias: { ...fromSource.alias, 'holdfast/vscode': path.join(projectRoot, patientLibrary) },
    entryPoints: [path.join(nofxFolder, 'src/extension.ts')],
    outfile: path.join(folder, 'dist/extension.cjs'),
  });
}

/** The tests that run inside VS Code, a bundle each: its extension host loads CommonJS only. */
async function buildVscodeTests(): Promise<BuiltFile[]> {
  await rm(path.join(projectRoot, 'out/test/vscode'), { recursive: true, force: true });
  if (!present('test/vscode')) return [];
  const names = await readdir(path.join(projectRoot, 'test/vscode'), { recursive: true });
  const tests = names.filter((name) => name.endsWith('.test.ts')).map((name) => `test/vscode/${name.replaceAll('\\', '/')}`);
  const inBrowser = tests.filter((name) => name.startsWith('test/vscode/web/'));
  // The real language client and server of one of the tests, which is bundled with them.
  await install('tools/language-client');
  const server = await bundle({ ...forTests, entryPoints: ['tools/language-client/server.ts'], outfile: 'out/test/vscode/language-server.cjs' });
  const inBoth = ['test/vscode/settings-file.test.ts'];
  const onNode = await bundle({
    ...forTests,
    external: ['vscode', 'mocha'],
    entryPoints: tests.filter((name) => !inBrowser.includes(name)),
    outbase: 'test/vscode',
    outdir: 'out/test/vscode',
    outExtension: { '.js': '.cjs' },
  });
  // The extension host in the browser loads one file, which brings mocha along.
  const suite = await bundle({
    ...forTests,
    ...forBrowser,
    stdin: {
      contents: `exports.run = () => require('./tools/vscode-host/web-tests.ts').runTests(() => { ${[...inBrowser, ...inBoth].map((name) => `require('./${name}');`).join(' ')} });`,
      resolveDir: projectRoot,
    },
    outfile: 'out/test/vscode/web/suite.cjs',
  });
  return [...server, ...await buildSteps(), ...onNode, ...suite];
}

/** The extension of the guide "Move an existing extension", as it is after each step. */
async function buildSteps(): Promise<BuiltFile[]> {
  const built = [...steps()].map(async ([step, files]) => {
    const folder = path.join('out/moving', step);
    await mkdir(path.join(projectRoot, folder), { recursive: true });
    for (const [name, text] of files) await writeFile(path.join(projectRoot, folder, name), text);
    return bundle({
      ...forTests, nodePaths: [path.join(projectRoot, 'tools/language-client/node_modules')], external: ['vscode'],
      entryPoints: [path.join(folder, 'extension.ts')], outfile: `out/test/vscode/moving/${step}.cjs`,
    });
  });
  return (await Promise.all(built)).flat();
}

async function buildTypes(): Promise<void> {
  await rm(path.join(projectRoot, 'dist/types'), { recursive: true, force: true });
  await run(process.execPath, [...typeChecker, '--project', 'tools/tsconfig.types.json'], projectRoot);
}

/** What takes the library from its sources. */
export const fromSource: BuildOptions = {
  ...everywhere,
  alias: {
    'holdfast/vscode': path.join(projectRoot, 'src/vscode.ts'),
    'holdfast/testing': path.join(projectRoot, 'src/testing.ts'),
    'holdfast/opentelemetry': path.join(projectRoot, 'src/opentelemetry.ts'),
    'holdfast': path.join(projectRoot, 'src/index.ts'),
  },
};

/** Bundles that only tests load. Where their lines come from is known; the sources are there. */
const forTests: BuildOptions = { ...fromSource, format: 'cjs', sourcemap: 'inline', sourcesContent: false };

function present(file: string): boolean {
  return existsSync(path.resolve(projectRoot, file));
}

export async function bundle(options: BuildOptions): Promise<BuiltFile[]> {
  const { metafile } = await build({ ...options, plugins: [...options.plugins ?? [], withoutFormats] });
  const outputs = Object.entries((metafile as Metafile).outputs);
  return outputs.filter(([file]) => !file.endsWith('.map')).map(([file, { bytes, inputs }]) => ({ file, size: bytes, modules: Object.keys(inputs) }));
}
