/**
 * VS Code as a command for test runs: takes VS Code's own arguments, runs the tests in a real VS Code in headless
 * Chromium, prints what the extension host prints, and exits with the run's code. With it the official tool chain
 * (`vscode-test`, `@vscode/test-electron`) works unchanged on a machine that has neither a display nor Electron.
 *
 * Environment: HOLDFAST_VSCODE_VERSION chooses the version; HOLDFAST_VSCODE_LOG=1 prints VS Code's own log as well;
 * HOLDFAST_VSCODE_TRUST=1 leaves the workspace untrusted; HOLDFAST_VSCODE_UNSAVED=1 opens a workspace as one that was never
 * saved; HOLDFAST_VSCODE_SUITE names a bundle of tests to run in the browser's extension host instead of on the server.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { showProgress } from '../progress.ts';
import { readArguments, type CodeArguments } from './arguments.ts';
import { follow } from './follow.ts';
import { temporaryFolder } from './home.ts';
import { mochaSetting, suiteMark } from './suite-mark.ts';
import { asVersion } from './versions.ts';
import { openWorkbench, settingsExtensions, type Workbench } from './workbench.ts';

let workbench: Workbench | undefined;
let leaving = false;
const scratch = temporaryFolder();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void leave(130));
}
// Who started us may be killed without a word; another parent means that ours is gone.
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) void leave(130); }, 1000).unref();

try {
  await leave(await runTests(readArguments(process.argv.slice(2))));
} catch (error) {
  // Whoever interrupts us needs no report about the run that ended by it.
  if (!leaving) console.error(error instanceof Error ? error.message : error);
  await leave(1);
}

async function runTests(wanted: CodeArguments): Promise<number> {
  if (wanted.extensionTestsPath === undefined) {
    throw new Error('This VS Code only runs tests: give --extensionTestsPath and --extensionDevelopmentPath. To look around, use `npm start`.');
  }
  const printVscodesLog = process.env['HOLDFAST_VSCODE_LOG'] === '1';
  const suite = process.env['HOLDFAST_VSCODE_SUITE'];
  const output = path.join(scratch, 'output.txt');
  const stopFollowing = follow(output, (chunk) => process.stdout.write(chunk));
  const progress = showProgress();
  workbench = await openWorkbench({
    version: asVersion(process.env['HOLDFAST_VSCODE_VERSION']),
    folder: wanted.folder,
    unsaved: process.env['HOLDFAST_VSCODE_UNSAVED'] === '1',
    extensionDevelopmentPaths: wanted.extensionDevelopmentPaths,
    extensionTestsPath: suite ?? path.join(import.meta.dirname, 'test-entry.cjs'),
    inBrowser: suite !== undefined,
    // Nobody looks: the less is drawn, the better.
    viewport: { width: 640, height: 480 },
    builtInExtensions: settingsExtensions,
    extensionsFrom: wanted.disableExtensions ? undefined : wanted.extensionsDir,
    userSettings: suite === undefined ? settingsIn(wanted.userDataDir) : withMochaOptions(settingsIn(wanted.userDataDir)),
    // @vscode/test-electron always disables workspace trust; a suite that is about it says so by this.
    workspaceTrust: !wanted.disableWorkspaceTrust || process.env['HOLDFAST_VSCODE_TRUST'] === '1',
    remove: [scratch],
    env: { ...process.env, HOLDFAST_TEST_OUTPUT: output, HOLDFAST_TEST_MODULE: wanted.extensionTestsPath },
    onProgress: progress.step,
    onLog: (level, text) => {
      if (text.startsWith(suiteMark)) console.log(text.slice(suiteMark.length));
      else if (printVscodesLog) console.log(`[vscode ${level}] ${text}`);
    },
    onServerOutput: (line) => { if (printVscodesLog) console.log(`[server] ${line}`); },
  });
  progress.done();
  try {
    // Without a limit: mocha has one for each test, and whoever runs many suites watches that they go on.
    return await workbench.testsEnded;
  } finally {
    stopFollowing();
  }
}

/** The user settings of a `--user-data-dir`, if it has any. Without, the run starts with none, as a fresh VS Code. */
function settingsIn(userDataDir: string | undefined): string | undefined {
  const file = path.join(userDataDir ?? '', 'User/settings.json');
  return userDataDir !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Tells a suite in the browser what the tool chain tells others by the environment. */
function withMochaOptions(settings = '{}'): string {
  const { mochaOpts: { dryRun, grep, fgrep } = {} } = JSON.parse(process.env['VSCODE_TEST_OPTIONS'] ?? '{}') as { mochaOpts?: Record<string, unknown> };
  return JSON.stringify({ ...JSON.parse(settings) as object, [mochaSetting]: { dryRun, grep, fgrep } });
}

async function leave(code: number): Promise<void> {
  if (leaving) return;
  leaving = true;
  await workbench?.close();
  process.exit(code);
}
