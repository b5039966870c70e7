import { build } from 'esbuild';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Holdfast from '../src/index.ts';
import type * as Recorder from '../src/inspect/recorder.ts';
import type * as SupervisedGuards from '../src/service/guards/supervised-guard.ts';
import type * as Testing from '../src/testing.ts';
import { atExit } from '../tools/at-exit.ts';

/** Holdfast as its users get it, what `superviseGuard` makes without VS Code, and the State Inspector's recorder, which is the extension's. */
export type Library = typeof Holdfast & typeof Testing & typeof Recorder & typeof SupervisedGuards;

const root = path.resolve(import.meta.dirname, '..');

/**
 * Builds the library just as `tools/bundles.ts` does for `dist` (ESM, Node 20, dependencies left out), into a folder
 * of its own: a run measures one state of the sources, whatever others build meanwhile.
 *
 * @param tree the root of a working tree; default: this one
 */
export async function buildLibrary(tree: string = root): Promise<string> {
  // Below node_modules, so that the dependencies are found; not in `out`, which `npm test` empties.
  const folder = path.join(root, 'node_modules/.cache/holdfast-bench', `${process.pid}-${path.basename(tree)}`);
  mkdirSync(folder, { recursive: true });
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = path.join(folder, 'library.js');
  await build({
    absWorkingDir: tree,
    stdin: { contents: ['index', 'testing', 'inspect/recorder', 'service/guards/supervised-guard'].filter((door) => existsSync(path.join(tree, `src/${door}.ts`))).map((door) => `export * from './src/${door}.ts';`).join('\n'), resolveDir: tree },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    packages: 'external',
    logLevel: 'warning',
  });
  return outfile;
}

export async function loadLibrary(file: string): Promise<Library> {
  return await import(pathToFileURL(file).href) as Library;
}
