import { defineConfig } from '@vscode/test-cli';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

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

const extensions = [root, path.join(root, 'examples/nofx'), path.join(root, 'test/vscode/fixture')].filter((folder) => folder === root || existsSync(path.join(folder, 'package.json')));

function configuration(version) {
  const label = `vscode-${version}`;
  const results = path.join(root, 'out/test-results', `${label}.json`);
  const workspaceFolder = path.join(temporary, version, 'workspace');
  cpSync(path.join(root, 'test/vscode/workspace'), workspaceFolder, { recursive: true });
  rmSync(results, { force: true });
  return {
    label,
    version,
    files: 'out/test/vscode/**/*.test.cjs',
    workspaceFolder,
    extensionDevelopmentPath: extensions,
    launchArgs: [`--user-data-dir=${path.join(temporary, version, 'user')}`],
    env: { HOLDFAST_VSCODE_VERSION: version, HOLDFAST_TEST_RESULTS: results },
    mocha: { ui: 'bdd', timeout: 60_000, reporter: path.join(root, 'tools/vscode-host/reporter.cjs') },
    ...(desktop ? {} : { useInstallation: { fromPath: path.join(root, 'tools/vscode-host/code') } }),
  };
}

export default defineConfig({ tests: [configuration('1.139.1'), configuration('1.100.3')] });
