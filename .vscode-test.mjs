import { defineConfig } from '@vscode/test-cli';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { limits } from './test/limits.ts';
import { quietSettings } from './tools/vscode-host/quiet-settings.ts';
import { vscodeVersions } from './tools/vscode-host/versions.ts';

/**
 * The same tests in the newest VS Code and in the oldest that we promise.
 *
 * On Linux VS Code comes from the npm registry and runs in headless Chromium (tools/vscode-host). Where a desktop is
 * the normal thing (macOS, Windows, or HOLDFAST_VSCODE=desktop) the desktop VS Code is downloaded instead.
 */
const root = import.meta.dirname;
const desktop = (process.env.HOLDFAST_VSCODE || (process.platform === 'linux' ? 'server' : 'desktop')) === 'desktop';

// Each run gets a workspace and a profile of its own, which last as long as this process.
const temporary = mkdtempSync(path.join(process.platform === 'darwin' ? '/tmp' : tmpdir(), 'holdfast-tests-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));

const extensions = [root, ...['examples/nofx', 'examples/git-glance', 'test/vscode/fixture', 'test/vscode/fixture-0.1.0', 'tools/language-client/extension'].map((name) => path.join(root, name))].filter((folder) => folder === root || existsSync(path.join(folder, 'package.json')));

const [newest, oldest] = vscodeVersions;

/**
 * What `npm test` runs in the oldest VS Code: what depends most on the version. `npm run nightly` runs the rest there, and
 * what is new is among it until it is named here. The newest runs everything in both.
 */
const inBoth = [
  'extension', 'failures', 'git-glance', 'host', 'marks', 'nofx', 'old-settings', 'own-settings', 'service', 'settings-file',
  'store', 'telemetry',
].map((name) => `${name}.test.cjs`);
const others = readdirSync(path.join(root, 'test/vscode')).filter((name) => name.endsWith('.test.ts')).map((name) => name.replace(/ts$/, 'cjs'))
  .filter((name) => !inBoth.includes(name));

/** The windows that the suites need: what is open in them, and what is said to VS Code. */
const windows = [
  { name: '', files: '*.test.cjs', open: (folder) => path.join(folder, 'workspace'), versions: [newest] },
  { name: '', files: inBoth, open: (folder) => path.join(folder, 'workspace'), versions: [oldest] },
  { name: 'rest', files: others, open: (folder) => path.join(folder, 'workspace'), versions: [oldest] },
  { name: 'endurance', files: 'endurance/*.test.cjs', open: (folder) => path.join(folder, 'workspace') },
  { name: 'huge', files: 'huge/*.test.cjs', open: (folder) => path.join(folder, 'workspace') },
  { name: 'no-workspace', files: 'no-workspace/*.test.cjs', open: () => undefined },
  { name: 'multi-root', files: 'multi-root/*.test.cjs', open: multiRoot },
  // A desktop VS Code makes such a workspace only by hand.
  ...(desktop ? [] : [{ name: 'unsaved', files: 'unsaved/*.test.cjs', open: multiRoot, unsaved: true }]),
  // A desktop VS Code under test always trusts.
  ...(desktop ? [] : [{ name: 'untrusted', files: 'untrusted/*.test.cjs', open: (folder) => path.join(folder, 'workspace'), trusted: false }]),
  // The extension host in the browser, whose tests are one bundle. Only newer versions load it from our folders.
  ...(desktop ? [] : [{ name: 'web', files: 'web/*.cjs', open: (folder) => path.join(folder, 'workspace'), suite: 'out/test/vscode/web/suite.cjs', versions: [newest] }]),
];

function multiRoot(folder) {
  const workspace = path.join(folder, 'workspace.code-workspace');
  for (const name of ['one', 'two']) mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }], settings: {} }, null, 2));
  return workspace;
}

function configuration(version, { name, files, open, suite, trusted = true, unsaved = false }) {
  const label = `vscode-${version}${name === '' ? '' : `-${name}`}`;
  const results = path.join(root, 'out/test-results', `${label}.json`);
  const folder = path.join(temporary, label);
  const user = path.join(folder, 'user');
  cpSync(path.join(root, 'test/vscode/workspace'), path.join(folder, 'workspace'), { recursive: true });
  mkdirSync(path.join(user, 'User'), { recursive: true });
  writeFileSync(path.join(user, 'User/settings.json'), JSON.stringify({
    ...quietSettings,
    // Where it is off at the start, VS Code does not look at it again.
    'telemetry.telemetryLevel': undefined,
    // Nobody looks: the less there is to draw, the better.
    'breadcrumbs.enabled': false,
    'editor.minimap.enabled': false,
    'window.commandCenter': false,
    'workbench.activityBar.location': 'hidden',
    'workbench.layoutControl.enabled': false,
    'workbench.reduceMotion': 'on',
    // In a browser the default is another than on a desktop: what is typed is saved after a second, whatever a test is about.
    'files.autoSave': 'off',
    // Without a prompt an untrusted workspace opens in restricted mode.
    ...(trusted ? {} : { 'security.workspace.trust.startupPrompt': 'never' }),
  }));
  return {
    label,
    version,
    files: [files].flat().map((name) => `out/test/vscode/${name}`),
    workspaceFolder: open(folder),
    extensionDevelopmentPath: extensions,
    launchArgs: [`--user-data-dir=${user}`],
    env: { HOLDFAST_VSCODE_VERSION: version, HOLDFAST_TEST_RESULTS: results, ...(trusted ? {} : { HOLDFAST_VSCODE_TRUST: '1' }), ...(unsaved ? { HOLDFAST_VSCODE_UNSAVED: '1' } : {}), ...(suite ? { HOLDFAST_VSCODE_SUITE: path.join(root, suite) } : {}) },
    mocha: { ui: 'bdd', timeout: limits.withoutProgress, reporter: path.join(root, 'tools/vscode-host/reporter.cjs'), ...(process.env.HOLDFAST_TEST_LIST === '1' ? { dryRun: true } : {}) },
    ...(desktop ? {} : { useInstallation: { fromPath: path.join(root, 'tools/vscode-host/code') } }),
  };
}

export default defineConfig({
  tests: vscodeVersions.flatMap((version) => windows.filter((window) => window.versions?.includes(version) ?? true).map((window) => configuration(version, window))),
});
