/**
 * `npm run bench:vscode`: what the service costs inside a real VS Code, next to VS Code's own configuration API.
 *
 * --quick           fewer rounds, one window, 100 services
 * --json FILE       writes the figures as JSON as well
 * --write           writes the report into docs/performance.md
 * --version NUMBER  another of the VS Codes that are pinned
 * --profile         says as well where the time of updates goes
 */
import { build } from 'esbuild';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { contributedConfiguration } from '../src/settings/manifest.ts';
import { bundle, fromSource, products } from '../tools/bundles.ts';
import { ready } from '../tools/products.ts';
import { showProgress } from '../tools/progress.ts';
import { temporaryFolder } from '../tools/vscode-host/home.ts';
import { projectRoot } from '../tools/vscode-host/paths.ts';
import { asVersion } from '../tools/vscode-host/versions.ts';
import { openWorkbench, quietSettings, type Workbench } from '../tools/vscode-host/workbench.ts';
import { say, writeDocument } from './document.ts';
import { median } from './harness.ts';
import { printChecks, table } from './report.ts';
import { faster, show, within, type Check, type Row } from './scenario.ts';
import { surroundings } from './surroundings.ts';
import { benchSettings, manySettings } from './vscode/settings.ts';
import type { HostFigures, TwentyKeys } from './vscode/in-host.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' }, write: { type: 'boolean', default: false }, version: { type: 'string' }, profile: { type: 'boolean', default: false } },
});
const version = asVersion(options.version);
/** The longest that one window may take, in milliseconds. */
const longest = 10 * 60_000;

const folder = temporaryFolder();
let workbench: Workbench | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void leave(130));

async function leave(code: number): Promise<never> {
  await workbench?.close().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

/** An extension with the settings that are read and written; it hands its context on. */
function writeFixture(): string {
  const fixture = path.join(folder, 'bench');
  mkdirSync(fixture);
  copyFileSync(path.join(projectRoot, 'test/vscode/fixture/main.cjs'), path.join(fixture, 'main.cjs'));
  const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'test/vscode/fixture/package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(path.join(fixture, 'package.json'), JSON.stringify({
    ...manifest, name: 'bench', publisher: 'holdfast-bench', displayName: 'Bench', contributes: { configuration: [contributedConfiguration(benchSettings, 'Bench'), contributedConfiguration(manySettings, 'Many')] },
  }));
  return fixture;
}

/** The Holdfast extension as it is built, behind a stopwatch. */
function writeTimedExtension(): string {
  const extension = path.join(folder, 'holdfast');
  cpSync(path.join(projectRoot, 'dist'), path.join(extension, 'dist'), { recursive: true, filter: (file) => !/\.map$|dist.(types|shared|library)/.test(file) });
  const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(path.join(extension, 'package.json'), JSON.stringify({ ...manifest, type: 'commonjs', main: './timed.cjs' }));
  writeFileSync(path.join(extension, 'timed.cjs'), `
    const started = performance.now();
    const extension = require('./dist/extension.cjs');
    const load = performance.now() - started;
    exports.activate = async (context) => {
      const before = performance.now();
      const result = extension.activate(context);
      globalThis.activation = { load, activate: performance.now() - before };
      return result;
    };
    exports.deactivate = () => extension.deactivate?.();
  `);
  return extension;
}

/** Three extensions with eleven settings: one that does nothing, one that uses VS Code's API, and one that uses Holdfast. */
async function writeStarting(): Promise<string[]> {
  const keys = Array.from({ length: 11 }, (_, i) => `number${i}`);
  const read = (from: string): string => `const read = () => ${JSON.stringify(keys)}.map((key) => ${from}.get(key)); read();`;
  const starting = {
    nothing: 'export function activate() {}',
    plain: `
      import * as vscode from 'vscode';
      export function activate(context) {
        ${read("vscode.workspace.getConfiguration('plain')")}
        context.subscriptions.push(vscode.workspace.onDidChangeConfiguration((event) => {
          if (event.affectsConfiguration('plain')) read();
        }));
      }`,
    supervised: `
      import { settingsFrom, superviseConfiguration } from './src/vscode.ts';
      export async function activate(context) {
        const service = superviseConfiguration(context, settingsFrom(context.extension.packageJSON));
        ${read('service')}
        context.subscriptions.push(service.onDidChangeAny(read));
        await service.ready;
      }`,
  };
  return Promise.all(Object.entries(starting).map(async ([name, contents]) => {
    const extension = path.join(folder, name);
    const properties = Object.fromEntries(keys.map((key) => [`${name}.${key}`, { type: 'number', minimum: 0, default: 1, description: 'A number.' }]));
    mkdirSync(extension);
    writeFileSync(path.join(extension, 'package.json'), JSON.stringify({
      name, publisher: 'holdfast-bench', version: '0.0.1', engines: { vscode: '^1.100.0' }, main: './main.cjs', activationEvents: [],
      contributes: { configuration: { title: name, properties } },
    }));
    await bundle({
      ...fromSource, stdin: { contents, resolveDir: projectRoot, loader: 'ts' }, outfile: path.join(extension, 'main.cjs'),
      format: 'cjs', minify: true, external: ['vscode', 'yup'],
    });
    return extension;
  }));
}

async function inVscode(extensions: readonly string[], entry: string): Promise<HostFigures> {
  const workspace = path.join(folder, 'workspace');
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(path.join(workspace, '.vscode'), { recursive: true });
  writeFileSync(path.join(workspace, '.vscode/settings.json'), '{}\n');
  const result = path.join(folder, 'result.json');
  rmSync(result, { force: true });
  const log: string[] = [];
  workbench = await openWorkbench({
    version,
    folder: workspace,
    extensionDevelopmentPaths: extensions,
    extensionTestsPath: entry,
    userSettings: quietSettings,
    env: { ...process.env, HOLDFAST_BENCH_RESULT: result, HOLDFAST_BENCH_QUICK: options.quick ? '1' : '0', HOLDFAST_BENCH_PROFILE: options.profile ? '1' : '0' },
    onLog: (level, text) => {
      if (level !== 'log' && level !== 'info') log.push(`${level}: ${text}`);
    },
  });
  const code = await Promise.race([workbench.testsEnded, delay(longest, undefined, { ref: false })]);
  await workbench.close();
  workbench = undefined;
  if (code !== 0) throw new Error(`The bench in VS Code ${code === undefined ? 'took too long' : `ended with code ${code}`}.\n${log.slice(-20).join('\n')}`);
  return JSON.parse(readFileSync(result, 'utf8')) as HostFigures;
}

function report(all: readonly HostFigures[]): { rows: Record<string, Row[]>; checks: Check[] } {
  /** One window is as good as another for what is measured in many rounds; for the rest, the median of the windows. */
  const of = (pick: (figures: HostFigures) => number): number => median(all.map(pick));
  const reads = all[0]!.reads.map(({ name }, i) => all.map((figures) => figures.reads[i]!).sort((a, b) => a.ns - b.ns)[all.length >> 1] ?? { name } as never);
  const read = (name: string) => reads.find((row) => row.name === name)!;
  const get = read('holdfast: get(key)');
  const { count } = all[0]!.services;
  const ms = (name: string, value: number, more: Record<string, number> = {}): Row => ({ name, more: { ms: value, ...more } });
  /** Each beside what is measured in turn with it. */
  const beside = (name: string, value: number, raw: number): Row => ms(name, value, { 'x raw': value / raw });
  const twenty = (target: 'workspace' | 'user'): Row[] => {
    const ofTwenty = (way: keyof TwentyKeys): number => of(({ twentyKeys }) => twentyKeys[target][way]);
    const [rawOne, raw] = [ofTwenty('rawOne'), ofTwenty('raw')];
    return [
      ms('raw, one update', rawOne),
      beside('holdfast, one update', ofTwenty('one'), rawOne),
      beside('holdfast, a transaction of twenty, beside one raw update', ofTwenty('transaction'), rawOne),
      beside('the store alone, twenty keys by one save, beside one raw update', ofTwenty('store'), rawOne),
      ms('raw, twenty keys', raw),
      beside('holdfast, twenty keys', ofTwenty('service'), raw),
      beside('the store alone, twenty keys by one save', ofTwenty('store'), raw),
    ];
  };
  const ratio = (what: string, limit: number, target: 'workspace' | 'user', way: keyof TwentyKeys, than: 'raw' | 'rawOne'): Check => {
    const measured = of(({ twentyKeys }) => twentyKeys[target][way]) / of(({ twentyKeys }) => twentyKeys[target][than]);
    return { what: `${what}, ${target} settings`, target: `at most ${show(limit)}x raw`, measured: `${show(measured)}x`, ok: measured <= limit };
  };
  const [plain, supervised] = [of(({ starts }) => starts.plain), of(({ starts }) => starts.supervised)];
  const rows = {
    'Reads': reads,
    'Updates of the workspace settings, one after the other': [
      ms('the first one, raw', of((figures) => figures.updates.first)),
      ms('raw: configuration.update', of((figures) => figures.updates.raw)),
      ms('holdfast: update (writes, and reads back)', of((figures) => figures.updates.service)),
      ms('of that, outside the store', of((figures) => figures.updates.overStore)),
      ms('of that, before the store is asked', of((figures) => figures.updates.before)),
      ms('of that, after its last answer', of((figures) => figures.updates.after)),
      ms('processor time of the extension host, all included', of((figures) => figures.updates.busy)),
      ms('on a store in memory, as seldom', of((figures) => figures.inMemory.first)),
      ms('the same, after thousands of updates', of((figures) => figures.inMemory.compiled)),
    ],
    'Twenty updates of one key at once, until the last has resolved': [
      ms('raw, one key', of((figures) => figures.oneKey.raw)),
      ms('holdfast, one key', of((figures) => figures.oneKey.service)),
    ],
    'Twenty keys of the workspace settings': twenty('workspace'),
    'Twenty keys of the user settings': twenty('user'),
    'One change of 462 settings, with a listener for each of them and each of ten documents': [
      ms('VS Code alone, processor time', of((figures) => figures.changes.raw)),
      ms('listeners of VS Code\'s event that ask `affectsConfiguration`', of((figures) => figures.changes.byHand)),
      ms('holdfast', of((figures) => figures.changes.service)),
      ms('holdfast, a setting of another extension changes', of((figures) => figures.changes.unrelated)),
    ],
    [`${count.toLocaleString('en-US')} services in one extension host`]: [
      ms('start, processor time', of((figures) => figures.services.start), { 'KB each': of((figures) => figures.services.kilobytesEach) }),
      ms('until all show a changed value', of((figures) => figures.services.change)),
      ms('idle for 1 s, processor time', of((figures) => figures.services.idle)),
      ms('the same without services', of((figures) => figures.services.nothing)),
      ms('dispose, processor time', of((figures) => figures.services.dispose)),
    ],
    'Start of an extension with eleven settings, processor time from loading its code to the first values': [
      ms('without an extension', of((figures) => figures.starts.nothing)),
      ms('by VS Code\'s own means', plain),
      beside('by Holdfast, until what is stored has been read', supervised, plain),
    ],
    'Activation of the Holdfast extension': [
      ms('loading its code', of((figures) => figures.activation.load)),
      ms('activate()', of((figures) => figures.activation.activate)),
    ],
  };
  const checks = [
    faster('get(key) in the extension host', get, 50, read('getConfiguration(section).get(key)')),
    faster('get(key) in the extension host', get, 10, read('get(key) on a held configuration')),
    ...(['workspace', 'user'] as const).flatMap((target) => [
      ratio('one update', 1, target, 'one', 'rawOne'),
      ratio('twenty keys at once', 1 / 15, target, 'service', 'raw'),
      ratio('a transaction of twenty, beside one raw update', 1.2, target, 'transaction', 'rawOne'),
    ]),
    within('update over the store\'s own time', of((figures) => figures.updates.overStore) * 1_000, 100, 'us'),
    within('a change of one of 462 settings, over VS Code alone', of((figures) => figures.changes.service - figures.changes.raw), 10, 'ms of processor time'),
    within('start of an extension with eleven settings, over the same without Holdfast', supervised - plain, 15, 'ms of processor time'),
    within('activation, loading included', of((figures) => figures.activation.load + figures.activation.activate), 30, 'ms'),
    within(`${count.toLocaleString('en-US')} services idle for 1 s, over an idle host`, of((figures) => figures.services.idle - figures.services.nothing), 5, 'ms of processor time'),
  ];
  return { rows, checks };
}

try {
  const progress = showProgress();
  progress.step('Building');
  await ready(products.extensions);
  const extensions = [writeTimedExtension(), writeFixture(), ...await writeStarting()];
  const entry = path.join(folder, 'in-host.cjs');
  await build({
    absWorkingDir: projectRoot, entryPoints: ['bench/vscode/in-host.ts'], outfile: entry,
    bundle: true, platform: 'node', format: 'cjs', target: 'node20', mainFields: ['module', 'main'], external: ['vscode'], logLevel: 'warning',
  });
  const windows = options.quick ? 1 : 3;
  const all: HostFigures[] = [];
  for (let window = 1; window <= windows; window++) {
    progress.step(`Measuring in VS Code ${version}, window ${window} of ${windows}`);
    all.push(await inVscode(extensions, entry));
  }
  progress.done();
  const { rows, checks } = report(all);
  say(`VS Code ${all[0]!.vscode}, node ${all[0]!.node}; ${surroundings()}`);
  for (const [title, some] of Object.entries(rows)) say(`\n### ${title}\n\n${table(some)}`);
  if (all[0]!.profile !== undefined) say(`\n### Where the time of updates goes\n\n\`\`\`\n${all[0]!.profile}\n\`\`\``);
  printChecks(checks);
  if (options.write) writeDocument('bench:vscode');
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ at: new Date().toISOString(), vscode: version, surroundings: surroundings(), rows, checks, windows: all }, null, 2)}\n`);
  }
} catch (error) {
  console.error(error);
  await leave(1);
}
await leave(0);
