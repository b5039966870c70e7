/**
 * `npm run demo`: the two promises, kept before your eyes. A real VS Code, with Holdfast and the NofX example installed
 * from their VSIX files, and with a real settings.json, goes through everything that can happen
 * to one; each step says what was done, what the service answered and how long it took, and leaves a picture in
 * demo-output/. A step that does not go as documented fails.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { stillPending, until } from '../test/limits.ts';
import { DemoLink, type Answer } from './demo-link.ts';
import { createDemoWorkspace } from './demo-workspace.ts';
import { packagesReady } from './package/main.ts';
import { showProgress } from './progress.ts';
import { makeUnwritable, type Unwritable } from './unwritable.ts';
import { atRest, openFile } from './vscode-host/drive.ts';
import { temporaryFolder } from './vscode-host/home.ts';
import { projectRoot } from './vscode-host/paths.ts';
import { openWorkbench, quietSettings, usedExtensions, type Workbench } from './vscode-host/workbench.ts';

const pictures = path.join(projectRoot, 'demo-output');
const folder = temporaryFolder();
let workbench: Workbench | undefined;
let unwritable: Unwritable | undefined;
let passed = 0;
let failed = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void leave(130));

/** What is seen in a step, and what has to be so. */
interface Step {
  did(what: string): void;
  answered(what: string, ms?: number): void;
  expect(what: string, holds: boolean): void;
}

async function leave(code: number): Promise<never> {
  unwritable?.undo();
  unwritable = undefined;
  await workbench?.close().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

function inWords({ ok, value, error }: Answer): string {
  if (ok) return JSON.stringify(value);
  const reason = error?.reason === undefined ? '' : ` (${error.reason})`;
  const action = error?.userAction === undefined ? '' : `\n             way out: ${error.userAction}`;
  return `${error?.name}${reason}: ${error?.message}${action}`;
}

/** Runs one step, takes its picture and counts it. */
async function step(page: Page, name: string, title: string, work: (step: Step) => Promise<void>): Promise<void> {
  const number = passed + failed + 1;
  console.log(`\n${number}. ${title}`);
  const broken: string[] = [];
  const started = performance.now();
  try {
    await work({
      did: (what) => console.log(`   did       ${what}`),
      answered: (what, ms) => console.log(`   answered  ${what}${ms === undefined ? '' : `  [${ms.toFixed(1)} ms]`}`),
      expect: (what, holds) => void (holds || broken.push(what)),
    });
  } catch (error) {
    broken.push(error instanceof Error ? error.message : String(error));
  }
  const took = performance.now() - started;
  const picture = `${number}-${name}.png`;
  await atRest(page);
  await page.screenshot({ path: path.join(pictures, picture) });
  console.log(`   took      ${(took / 1000).toFixed(2)} s`);
  console.log(`   picture   demo-output/${picture}`);
  for (const each of broken) console.log(`   FAILED    ${each}`);
  if (broken.length === 0) passed++;
  else failed++;
}

async function demonstrate(): Promise<void> {
  const progress = showProgress();
  progress.step('Packaging');
  const { holdfast, nofx } = await packagesReady();
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  const workspace = await createDemoWorkspace(folder);
  const settings = path.join(workspace, '.vscode/settings.json');
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\holdfast-demo-${process.pid}` : path.join(folder, 'demo.sock');
  progress.step('Starting VS Code');
  workbench = await openWorkbench({
    folder: workspace,
    vsixFiles: [holdfast, nofx],
    builtInExtensions: usedExtensions,
    extensionDevelopmentPaths: [path.join(projectRoot, 'tools/demo-driver')],
    // In a browser VS Code saves by itself; the demo wants to see unsaved changes, and what a caller is told of them at once.
    // An open breaker tries by itself only after ten minutes: what heals sooner has been found to work.
    userSettings: { ...quietSettings, 'files.autoSave': 'off', 'holdfast.failedWrites.waitFor': 0, 'holdfast.breaker.openFor': 600 },
    env: { ...process.env, HOLDFAST_DEMO_SOCKET: socket },
    onProgress: progress.step,
  });
  const { page } = workbench;
  const link = await DemoLink.connect(socket);
  await link.call('startReading');
  progress.done();

  const write = (values: Record<string, unknown>): void => writeFileSync(settings, `${JSON.stringify(values, null, 2)}\n`);
  const stored = (): Record<string, unknown> => JSON.parse(readFileSync(settings, 'utf8')) as Record<string, unknown>;
  const get = async (key: string): Promise<unknown> => (await link.call('get', key)).value;
  const health = async (): Promise<{ status: string; checks: Record<string, { detail: string }> }> => (await link.call('health')).value as never;
  const inWorkspace = { target: 'workspace' };

  await step(page, 'healthy', 'Everything is well', async ({ did, answered, expect }) => {
    write({ 'nofx.maxAgents': 5, 'nofx.logLevel': 'info' });
    did('wrote maxAgents 5 into .vscode/settings.json and opened it');
    await until('NofX serves the 5', async () => await get('maxAgents') === 5);
    await openFile(page, 'settings.json');
    const { value, ms } = await link.call('get', 'maxAgents');
    answered(`get('maxAgents') = ${String(value)}`, ms);
    await until('the service is healthy', async () => (await health()).status === 'healthy');
    answered(`health: ${(await health()).status}`);
    expect('maxAgents is 5', value === 5);
  });

  await step(page, 'garbage', 'A garbage value falls back alone, and is reported', async ({ did, answered, expect }) => {
    did('wrote "maxAgents": "lots" and "logLevel": "debug" into settings.json');
    write({ 'nofx.maxAgents': 'lots', 'nofx.logLevel': 'debug' });
    await until('the neighbour is served', async () => await get('logLevel') === 'debug');
    answered(`maxAgents is still ${String(await get('maxAgents'))}, logLevel is now ${String(await get('logLevel'))}`);
    await until('it is reported', async () => (await health()).status === 'degraded');
    const report = await health();
    answered(`health: ${report.status}. ${report.checks['api']!.detail}`);
    expect('maxAgents keeps its last good value', await get('maxAgents') === 5);
    expect('the setting is named', report.status === 'degraded' && report.checks['api']!.detail.includes('maxAgents'));
  });

  await step(page, 'write', 'A write lands', async ({ did, answered, expect }) => {
    did("update('maxAgents', 7)");
    const answer = await link.call('update', 'maxAgents', 7, inWorkspace);
    answered(inWords(answer), answer.ms);
    answered(`settings.json now says ${String(stored()['nofx.maxAgents'])}, get says ${String(await get('maxAgents'))}`);
    expect('it resolves', answer.ok);
    expect('it is in the file', stored()['nofx.maxAgents'] === 7);
    expect('and is read', await get('maxAgents') === 7);
    await until('the service is healthy', async () => (await health()).status === 'healthy');
  });

  await step(page, 'dirty', 'settings.json has unsaved changes', async ({ did, answered, expect }) => {
    did('typed into settings.json without saving, then update("maxAgents", 8)');
    await page.locator('.monaco-editor .view-lines').first().click();
    await page.keyboard.press('ControlOrMeta+Home');
    await page.keyboard.type('// mine');
    await page.keyboard.press('Enter');
    await page.locator('.tab.dirty').first().waitFor();
    const answer = await link.call('update', 'maxAgents', 8, inWorkspace);
    answered(inWords(answer), answer.ms);
    answered(`get('maxAgents') = ${String(await get('maxAgents'))}`);
    expect('the reason is named', answer.error?.reason === 'dirty');
    expect('there is a way out', answer.error?.userAction?.includes('Save') === true);
    expect('reads go on', await get('maxAgents') === 7);
  });

  await step(page, 'saved', 'The way out: save, and write again', async ({ did, answered, expect }) => {
    did('saved settings.json, then update("maxAgents", 8)');
    await page.keyboard.press('ControlOrMeta+S');
    await page.locator('.tab.dirty').first().waitFor({ state: 'detached' });
    const answer = await link.call('update', 'maxAgents', 8, inWorkspace);
    answered(inWords(answer), answer.ms);
    const text = readFileSync(settings, 'utf8');
    expect('it resolves', answer.ok);
    expect('it is in the file', text.includes('"nofx.maxAgents": 8'));
    expect('what was typed is still there', text.includes('// mine'));
  });

  await step(page, 'invalid', 'settings.json is broken', async ({ did, answered, expect }) => {
    did('wrote a settings.json that does not parse, then update("maxAgents", 9)');
    writeFileSync(settings, '{\n  "nofx.maxAgents": 8,\n  "nofx.logLevel" oops\n');
    const answer = await link.call('update', 'maxAgents', 9, inWorkspace);
    answered(inWords(answer), answer.ms);
    await until('the service has noticed', async () => (await health()).status === 'degraded');
    const report = await health();
    answered(`health: ${report.status}. ${report.checks['api']!.detail}`);
    answered(`get('maxAgents') = ${String(await get('maxAgents'))}, get('logLevel') = ${String(await get('logLevel'))}`);
    expect('the reason is named', answer.error?.reason === 'invalid-file');
    expect('the line is named', /line 3/.test(answer.error?.message ?? ''));
    expect('reads go on', await get('maxAgents') === 8 && await get('logLevel') === 'debug');
  });

  await step(page, 'mended', 'It is mended, and served within a moment', async ({ did, answered, expect }) => {
    did('wrote a whole settings.json again, with maxAgents 10');
    const started = performance.now();
    write({ 'nofx.maxAgents': 10, 'nofx.logLevel': 'debug' });
    await until('it is served', async () => await get('maxAgents') === 10);
    answered("get('maxAgents') = 10", performance.now() - started);
    await until('the service is healthy', async () => (await health()).status === 'healthy');
    const answer = await link.call('update', 'agentSpawnDelay', 1500, inWorkspace);
    answered(`update('agentSpawnDelay', 1500): ${inWords(answer)}`, answer.ms);
    expect('writes land again', answer.ok && stored()['nofx.agentSpawnDelay'] === 1500);
  });

  await step(page, 'unwritable', 'settings.json cannot be written: the breaker opens', async ({ did, answered, expect }) => {
    unwritable = makeUnwritable(settings);
    did(`${unwritable.how}, then update("maxAgents", 11) until the breaker refuses`);
    let answer: Answer | undefined;
    let refused = 0;
    while (refused < 10) {
      answer = await link.call('update', 'maxAgents', 11, inWorkspace);
      if (answer.error?.code === 'CIRCUIT_OPEN') break;
      refused++;
      if (refused === 1) answered(inWords(answer), answer.ms);
    }
    answered(`${refused} writes failed, and then: ${inWords(answer!)}`, answer!.ms);
    const report = await health();
    answered(`health: ${report.status}. Breaker: ${report.checks['breaker']!.detail}`);
    expect('it opens after five failures', refused === 5 && answer!.error?.code === 'CIRCUIT_OPEN');
    expect('unhealthy', report.status === 'unhealthy');
    expect('reads go on', await get('maxAgents') === 10);
  });

  let parked: Promise<Answer> | undefined;
  await step(page, 'parked', 'A write is parked', async ({ did, answered, expect }) => {
    did("update('maxAgents', 12, { park: true })");
    parked = link.call('update', 'maxAgents', 12, { ...inWorkspace, park: true });
    const waits = await stillPending(parked, 2_000);
    answered(waits ? 'nothing yet: it waits for the breaker' : inWords(await parked));
    expect('it waits', waits);
    expect('reads go on', await get('maxAgents') === 10);
  });

  await step(page, 'healed', 'It heals by itself, and the parked write lands', async ({ did, answered, expect }) => {
    did('made settings.json writable again, and nothing else');
    const started = performance.now();
    unwritable?.undo();
    unwritable = undefined;
    let answer: Answer | undefined;
    void parked!.then((landed) => { answer = landed; });
    await until('the parked write has been answered', () => answer !== undefined);
    answered(`the parked write: ${inWords(answer!)}`, performance.now() - started);
    await until('the service is healthy', async () => (await health()).status === 'healthy');
    answered(`health: ${(await health()).status}; settings.json says ${String(stored()['nofx.maxAgents'])}`);
    expect('the parked write landed', answer!.ok && stored()['nofx.maxAgents'] === 12);
    expect('without waiting for its ten minutes', (await health()).checks['breaker']!.detail === 'Closed.');
  });

  await step(page, 'reads', 'Reads never stopped', async ({ did, answered, expect }) => {
    did('read ten settings every millisecond or so, all the while');
    let reads = { count: 0, illegal: 0, threw: 0 };
    await until('there are many reads', async () => {
      reads = (await link.call('reads')).value as typeof reads;
      return reads.count > 10_000;
    });
    answered(`${reads.count} reads, ${reads.illegal} illegal values, ${reads.threw} thrown`);
    const metrics = (await link.call('metrics')).value as { operationCount: number; successCount: number; errorCount: number; latency: { p50: number; p95: number } };
    answered(`${metrics.operationCount} writes: ${metrics.successCount} stored, ${metrics.errorCount} refused with a reason`);
    expect('many reads', reads.count > 10_000);
    expect('all legal', reads.illegal === 0 && reads.threw === 0);
  });

  link.close();
}

try {
  await demonstrate();
} catch (error) {
  console.error(error);
  failed++;
}
console.log(`\n${passed} passed, ${failed} failed`);
await leave(failed === 0 ? 0 : 1);
