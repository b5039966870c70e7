/**
 * `npm run bundle-size`: how big the products are, minified, and what is in them, by size. Ends with code 1 when one
 * is over its budget; `npm test` checks the same.
 *
 * --all    lists every module, not only the largest
 * --write  writes the report into docs/performance.md
 */
import { build, type BuildOptions, type Metafile } from 'esbuild';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { forBrowser } from '../tools/browser-variants.ts';
import { loadedLater } from '../tools/bundles.ts';
import { withoutFormats } from '../tools/without-formats.ts';
import { say, writeDocument } from './document.ts';
import { printChecks } from './report.ts';
import type { Check } from './scenario.ts';

const root = path.resolve(import.meta.dirname, '..');

export interface Part {
  /** A package, or a folder of ours. */
  readonly name: string;
  /** Bytes it takes in the minified product. */
  readonly bytes: number;
}

export interface Product {
  readonly name: string;
  readonly bytes: number;
  readonly gzipped: number;
  /** In bytes: it may not grow beyond. `undefined`: measured for information. */
  readonly budget: number | undefined;
  /** In bytes: what was wished for, where that is out of reach; docs/performance.md says why. */
  readonly target: number | undefined;
  /** The largest first. */
  readonly parts: readonly Part[];
  readonly modules: readonly Part[];
}

const kilobyte = 1_024;

const minified: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  mainFields: ['module', 'main'],
  external: ['vscode'],
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  write: false,
  logLevel: 'warning',
};

const source = (contents: string): BuildOptions => ({ ...minified, stdin: { contents, resolveDir: root, sourcefile: 'entry' } });

const core = "export { createGuard } from './src/guard/guard.ts'; export { createConfigurationService } from './src/service/service.ts'; export * from './src/errors.ts';";

/** The smallest use of the library in VS Code, as most extensions are bundled: their schema library is their own. */
const smallest = (...more: readonly string[]): BuildOptions => ({
  ...source(`export { ${['superviseConfiguration', 'defineSettings', ...more].join(', ')} } from './src/vscode.ts';`), format: 'cjs', external: ['vscode', 'yup'],
});

/** What is measured; of those with `beside`, what is in the one and not in the other. The extension is built as `tools/bundles.ts` builds it; of the library what a user would import. */
const products: readonly { readonly name: string; readonly budget?: number; readonly target?: number; readonly options: BuildOptions; readonly beside?: BuildOptions }[] = [
  {
    name: 'the extension',
    budget: 150 * kilobyte,
    options: { ...minified, entryPoints: ['src/extension/extension.ts'], format: 'cjs', keepNames: true, plugins: [loadedLater] },
  },
  {
    name: 'what the extension loads once a telemetry endpoint is set: the OpenTelemetry SDK',
    budget: 250 * kilobyte,
    options: { ...minified, entryPoints: ['src/extension/telemetry-export.ts'], format: 'cjs', keepNames: true },
  },
  { name: 'library core: the guard, xstate included', budget: 60 * kilobyte, options: source("export { createGuard } from './src/guard/guard.ts';") },
  { name: 'guard and service, xstate, yup and superjson included', budget: 171.5 * kilobyte, target: 60 * kilobyte, options: source(core) },
  { name: 'the smallest use of holdfast/vscode, xstate included', budget: 255_500, target: 90_000, options: smallest() },
  { name: 'the same for the browser', budget: 255_500, target: 90_000, options: { ...smallest(), ...forBrowser } },
  { name: 'settingsFrom and its validator, beside the smallest use of holdfast/vscode', budget: 30_000, options: smallest('settingsFrom'), beside: smallest() },
  { name: 'xstate alone: setup, assign, createActor', options: source("export { setup, assign, createActor } from 'xstate';") },
  { name: 'yup alone', options: source("export * from 'yup';") },
  { name: 'guard and service without any dependency', options: { ...source(core), external: ['vscode', 'xstate', 'yup', 'superjson', 'jsonc-parser'] } },
  { name: 'holdfast, all of it, with its dependencies', options: source("export * from './src/index.ts';") },
  { name: 'holdfast/vscode, all of it, with its dependencies', options: source("export * from './src/vscode.ts';") },
];

/** Builds the products in memory, and says what they weigh. */
export async function bundleSizes(): Promise<Product[]> {
  return Promise.all(products.map(async ({ name, budget, target, options, beside }): Promise<Product> => {
    const whole = await bundled(options);
    const other = beside === undefined ? { bytes: 0, gzipped: 0, modules: [] } : await bundled(beside);
    const known = new Map(other.modules.map((module) => [module.name, module.bytes]));
    const modules = bySize(whole.modules.map((module) => ({ ...module, bytes: module.bytes - (known.get(module.name) ?? 0) })));
    return { name, bytes: whole.bytes - other.bytes, gzipped: whole.gzipped - other.gzipped, budget, target, modules, parts: partsOf(modules) };
  }));
}

async function bundled(options: BuildOptions): Promise<Pick<Product, 'bytes' | 'gzipped' | 'modules'>> {
  const { metafile, outputFiles } = await build({ ...options, outdir: 'dist', plugins: [...options.plugins ?? [], withoutFormats] });
  const file = outputFiles!.find((each) => each.path.endsWith('.js'))!;
  return { bytes: file.contents.length, gzipped: gzipSync(file.contents, { level: 9 }).length, modules: modulesOf(metafile as Metafile) };
}

/** The products that are over their budget. */
export const overweight = (sizes: readonly Product[]): Product[] => sizes.filter(({ bytes, budget }) => budget !== undefined && bytes > budget);

function modulesOf({ outputs }: Metafile): Part[] {
  const output = Object.entries(outputs).find(([file]) => file.endsWith('.js'))![1];
  return bySize(Object.entries(output.inputs).map(([name, { bytesInOutput }]) => ({ name, bytes: bytesInOutput })));
}

function partsOf(modules: readonly Part[]): Part[] {
  const parts = new Map<string, number>();
  for (const { name, bytes } of modules) {
    const part = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? /^(src\/[^/]+|machines)\//.exec(name)?.[1] ?? 'src';
    parts.set(part, (parts.get(part) ?? 0) + bytes);
  }
  return bySize([...parts].map(([name, bytes]) => ({ name, bytes })));
}

const bySize = (parts: readonly Part[]): Part[] => parts.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);

const kB = (bytes: number): string => `${(bytes / kilobyte).toFixed(1)} KB`;

function print({ name, bytes, gzipped, parts, modules }: Product, all: boolean): void {
  const line = (part: Part): string => `${kB(part.bytes).padStart(10)}  ${part.name}`;
  const list = [...parts.map(line), '', ...modules.slice(0, all ? Infinity : 8).map(line)];
  say(`\n### ${name}\n\n${kB(bytes)} minified, ${kB(gzipped)} gzipped.\n\n\`\`\`\n${list.join('\n')}\n\`\`\``);
}

function check({ name, bytes, budget, target }: Product): Check[] {
  const against = (limit: number, what: string): Check => ({ what: name, target: `${what} ${kB(limit)}`, measured: kB(bytes), ok: bytes <= limit });
  return [...(target === undefined ? [] : [against(target, 'wished for:')]), ...(budget === undefined ? [] : [against(budget, 'at most')])];
}

if (process.argv[1] === import.meta.filename) {
  const sizes = await bundleSizes();
  for (const size of sizes) print(size, process.argv.includes('--all'));
  const over = overweight(sizes);
  printChecks(sizes.flatMap(check));
  if (process.argv.includes('--write')) writeDocument('bundle-size');
  if (over.length > 0) process.exitCode = 1;
}
