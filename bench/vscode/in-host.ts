/** What `npm run bench:vscode` runs inside VS Code's extension host; its figures go to the file that the environment names. */
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';
import { ConfigurationService } from '../../src/service/service.ts';
import { FaultyStore } from '../../src/testing/faulty-store.ts';
import { systemClock } from '../../src/clock.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { vscodeStore, type VscodeContext } from '../../src/store/vscode-host.ts';
import type { Store } from '../../src/store/store.ts';
import { measure, median, quick, thorough, type Timing } from '../harness.ts';
import { bytesInUse } from '../process.ts';
import { inWords, profile } from '../profiler.ts';
import { changes, type ChangeFigures } from './changes.ts';
import { benchSettings, keys } from './settings.ts';

/** All in milliseconds, but for `reads`. */
export interface HostFigures {
  readonly vscode: string;
  readonly node: string;
  readonly reads: readonly Timing[];
  /** One update after the other: each a median. */
  readonly updates: { readonly first: number; readonly raw: number; readonly service: number; readonly overStore: number; readonly before: number; readonly after: number; readonly busy: number };
  /** One update after the other on a store in memory, with pauses: each a median. */
  readonly inMemory: { readonly first: number; readonly compiled: number };
  readonly oneKey: { readonly raw: number; readonly service: number };
  /** Twenty keys at once, of each target: each a median, measured in turn with one raw update. */
  readonly twentyKeys: Readonly<Record<'workspace' | 'user', TwentyKeys>>;
  readonly services: { readonly count: number; readonly start: number; readonly kilobytesEach: number; readonly idle: number; readonly nothing: number; readonly change: number; readonly dispose: number };
  readonly changes: ChangeFigures;
  /** Where the time of updates goes, in words. */
  readonly profile: string | undefined;
  /** Processor time of the extension host for the start of one extension: see `writeStarting`. */
  readonly starts: { readonly nothing: number; readonly plain: number; readonly supervised: number };
  /** Loading the bundle and calling `activate`. */
  readonly activation: { readonly load: number; readonly activate: number };
}

export interface TwentyKeys {
  /** One update of VS Code's, and twenty of them at once. */
  readonly rawOne: number;
  readonly raw: number;
  /** One update of the service, twenty at once, and a transaction of twenty. */
  readonly one: number;
  readonly service: number;
  readonly transaction: number;
  /** Twenty values by one save, without the service. */
  readonly store: number;
}

const Workspace = vscode.ConfigurationTarget.Workspace;
const isQuick = process.env['HOLDFAST_BENCH_QUICK'] === '1';
let counter = 1;
const next = (): number => ++counter;
let sink = 0;

export async function run(): Promise<void> {
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  const extension = vscode.extensions.getExtension<{ context: VscodeContext }>('holdfast-bench.bench')!;
  const { context } = await extension.activate();
  await vscode.extensions.getExtension('holdfast.holdfast')!.activate();
  const starts = { nothing: await startOf('nothing'), plain: await startOf('plain'), supervised: await startOf('supervised') };
  const { activation } = globalThis as unknown as { activation: HostFigures['activation'] };

  const stopwatch = timedStore(vscodeStore(context, benchSettings));
  const service = new ConfigurationService(benchSettings, { store: stopwatch.store, memento: context.workspaceState });
  await service.ready;
  const figures: HostFigures = {
    vscode: vscode.version,
    node: process.version,
    starts,
    activation,
    reads: await reads(service),
    updates: await updates(service, stopwatch),
    inMemory: await inMemory(context),
    oneKey: await atOnce(service, () => keys[0]!),
    twentyKeys: { workspace: await twentyKeys(service, context, 'workspace'), user: await twentyKeys(service, context, 'user') },
    changes: await changes(context, isQuick ? 5 : 15),
    profile: process.env['HOLDFAST_BENCH_PROFILE'] === '1' ? await profiled(service) : undefined,
    services: await manyServices(context),
  };
  await service.dispose();
  if (sink < 0) throw new Error('never');
  writeFileSync(process.env['HOLDFAST_BENCH_RESULT']!, JSON.stringify(figures));
}

type Service = ConfigurationService<typeof benchSettings.defaults>;

/** The first time, as for a user: what V8 has compiled once it keeps. */
async function startOf(name: string): Promise<number> {
  const before = process.cpuUsage();
  await vscode.extensions.getExtension(`holdfast-bench.${name}`)!.activate();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function reads(service: Service): Promise<Timing[]> {
  const key = 'number3';
  const held = vscode.workspace.getConfiguration('bench');
  const operation = async (): Promise<number> => 42;
  return measure([
    { name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } },
    { name: 'getConfiguration(section).get(key)', run: (n) => { for (let i = 0; i < n; i++) sink += vscode.workspace.getConfiguration('bench').get<number>(key)!; } },
    { name: 'get(key) on a held configuration', run: (n) => { for (let i = 0; i < n; i++) sink += held.get<number>(key)!; } },
    { name: 'holdfast: get(key)', run: (n) => { for (let i = 0; i < n; i++) sink += service.get(key); } },
    { name: 'holdfast: get(key), another each time', run: (n) => { for (let i = 0; i < n; i++) sink += service.get(keys[i % 20]!); } },
    { name: 'holdfast: values[key]', run: (n) => { for (let i = 0; i < n; i++) sink += service.values[key]!; } },
  ], isQuick ? quick : thorough);
}

interface Stopwatch {
  readonly store: Store;
  /** Time spent in writing and reading back since it was last asked, in milliseconds, and when it began and ended. */
  lap(): { readonly spent: number; readonly first: number; readonly last: number };
}

/** A store that notes how long its own work takes: what is left of an update is ours. */
function timedStore(inner: Store): Stopwatch {
  let spent = 0;
  let first = 0;
  let last = 0;
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    try {
      return await work();
    } finally {
      last = performance.now();
      if (spent === 0) first = started;
      spent += last - started;
    }
  };
  class TimedStore extends FaultyStore {
    override write(...parameters: Parameters<Store['write']>): Promise<void> {
      return timed(() => super.write(...parameters));
    }

    override readBack(...parameters: Parameters<Store['readBack']>): Promise<unknown> {
      return timed(() => super.readBack(...parameters));
    }
  }
  const lap = (): ReturnType<Stopwatch['lap']> => {
    const result = { spent, first, last };
    spent = 0;
    return result;
  };
  return { store: new TimedStore(inner, systemClock), lap };
}

async function updates(service: Service, stopwatch: Stopwatch): Promise<HostFigures['updates']> {
  const first = await took(() => vscode.workspace.getConfiguration('bench').update(keys[0]!, next(), Workspace));
  const raw: number[] = [];
  const ours: number[] = [];
  const over: number[] = [];
  const before: number[] = [];
  const after: number[] = [];
  const busy: number[] = [];
  for (let round = 0; round < (isQuick ? 10 : 60); round++) {
    raw.push(await took(() => vscode.workspace.getConfiguration('bench').update(keys[0]!, next(), Workspace)));
    await quiet();
    stopwatch.lap();
    const used = process.cpuUsage();
    const started = performance.now();
    await service.update(keys[0]!, next(), { target: 'workspace' });
    const ended = performance.now();
    const { user, system } = process.cpuUsage(used);
    const { spent, first: asked, last: answered } = stopwatch.lap();
    ours.push(ended - started);
    over.push(ended - started - spent);
    before.push(asked - started);
    after.push(ended - answered);
    busy.push((user + system) / 1_000);
    await quiet();
  }
  return { first, raw: median(raw), service: median(ours), overStore: median(over), before: median(before), after: median(after), busy: median(busy) };
}

/** The same work without VS Code's part in it: as seldom as people change settings, and once V8 has compiled it for speed. */
async function inMemory({ workspaceState }: VscodeContext): Promise<HostFigures['inMemory']> {
  const service = new ConfigurationService(benchSettings, { id: 'in memory', store: new MemoryStore(), memento: workspaceState });
  await service.ready;
  const seldom = async (): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < (isQuick ? 10 : 60); round++) {
      await quiet();
      times.push(await took(() => service.update(keys[0]!, next())));
    }
    return median(times);
  };
  const first = await seldom();
  for (let i = 0; i < (isQuick ? 1_000 : 10_000); i++) await service.update(keys[0]!, next());
  const compiled = await seldom();
  await service.dispose();
  return { first, compiled };
}

/** Twenty updates at once: how long until the last has resolved. */
async function atOnce(service: Service, key: (i: number) => string): Promise<{ raw: number; service: number }> {
  const raw: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < (isQuick ? 2 : 7); round++) {
    raw.push(await took(() => Promise.all(keys.map((_, i) => vscode.workspace.getConfiguration('bench').update(key(i), next(), Workspace)))));
    await quiet();
    ours.push(await took(() => Promise.all(keys.map((_, i) => service.update(key(i), next(), { target: 'workspace' })))));
    await quiet();
  }
  return { raw: median(raw), service: median(ours) };
}

/** All of them in each round, so that what else the machine does meets all alike. */
async function twentyKeys(service: Service, context: VscodeContext, target: 'workspace' | 'user'): Promise<TwentyKeys> {
  const layer = target === 'user' ? vscode.ConfigurationTarget.Global : Workspace;
  const store = vscodeStore(context, benchSettings);
  const raw = (key: string): Thenable<void> => vscode.workspace.getConfiguration('bench').update(key, next(), layer);
  const { signal } = new AbortController();
  const ways: { readonly [way in keyof TwentyKeys]: () => PromiseLike<unknown> } = {
    rawOne: () => raw(keys[0]!),
    one: () => service.update(keys[0]!, next(), { target }),
    raw: () => Promise.all(keys.map(raw)),
    service: () => Promise.all(keys.map((key) => service.update(key, next(), { target }))),
    transaction: () => service.updateAll(Object.fromEntries(keys.map((key) => [key, next()])), { target }),
    store: () => store.commit(keys.map((key) => ({ key, value: next(), target, scope: {} })), { signal }),
  };
  const names = Object.keys(ways) as (keyof TwentyKeys)[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<keyof TwentyKeys, number[]>;
  const first = names[0]!;
  await ways[first]();
  for (let round = 0; round < (isQuick ? 3 : 9); round++) {
    for (const name of names) {
      times[name].push(await took(ways[name]));
      await quiet();
    }
  }
  store.dispose();
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as unknown as TwentyKeys;
}

async function profiled(service: Service): Promise<string> {
  return inWords(await profile(async () => {
    for (let i = 0; i < 40; i++) await service.update(keys[0]!, next(), { target: 'workspace' });
  }), 30);
}

/** Each with a store of its own on the same section, as if so many extensions were there. */
async function manyServices(context: VscodeContext): Promise<HostFigures['services']> {
  const count = isQuick ? 100 : 1_000;
  const start = async (many: number): Promise<Service[]> => {
    const services = Array.from({ length: many }, (_, i) => new ConfigurationService(benchSettings, { id: `bench${i}`, store: vscodeStore(context, benchSettings) }));
    await Promise.all(services.map(({ ready }) => ready));
    return services;
  };
  const warm = await start(10);
  await Promise.all(warm.map((service) => service.dispose()));
  const nothing = await busyFor(2_000);
  const before = await bytesInUse();
  const started = process.cpuUsage();
  const services = await start(count);
  const { user, system } = process.cpuUsage(started);
  const bytes = await bytesInUse() - before;
  const idle = await busyFor(2_000);
  const value = next();
  const change = await took(async () => {
    await vscode.workspace.getConfiguration('bench').update(keys[0]!, value, Workspace);
    while (services.some((service) => service.get(keys[0]!) !== value)) await new Promise((resolve) => setTimeout(resolve, 1));
  });
  const ending = process.cpuUsage();
  await Promise.all(services.map((service) => service.dispose()));
  const ended = process.cpuUsage(ending);
  return {
    count, start: (user + system) / 1_000, kilobytesEach: bytes / count / 1_024, idle: idle / 2, nothing: nothing / 2, change, dispose: (ended.user + ended.system) / 1_000,
  };
}

async function took(work: () => PromiseLike<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function busyFor(milliseconds: number): Promise<number> {
  await bytesInUse();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** What an update sets off elsewhere comes to rest. */
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));
