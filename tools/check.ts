/**
 * `npm run check`: the inner loop, in less than a minute. Types, lint and layering, unit tests; all at once. What has not
 * changed since the last run is not looked at again (out/check), and unit tests that take long are left to `npm test`, which
 * looks at everything.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { typeChecker } from './type-checker.ts';
import { projectRoot } from './vscode-host/paths.ts';

const node = process.execPath;
const bin = (name: string): string => path.join(projectRoot, 'node_modules/.bin', name);
const remembered = (name: string): string[] => ['--incremental', '--tsBuildInfoFile', `out/check/${name}.tsbuildinfo`];

/** They start other processes, write for real, or compile. */
const slow = [
  'bench', 'cli', 'mutants', 'tools/nightly', 'testing/verify-store',
  ...['file-lock', 'json-settling', 'json-spare', 'json-store', 'several-writers'].map((name) => `store/${name}`),
].flatMap((name) => ['--ignore', `test/unit/${name}{.test.ts,/**}`]);

const checks: readonly (readonly [string, string, readonly string[]])[] = [
  ['types', node, [...typeChecker, '--noEmit', ...remembered('types')]],
  ['types of the page', node, [...typeChecker, '--project', 'src/webview', ...remembered('page')]],
  ['lint and layering', bin('oxlint'), []],
  ['unit tests', bin('mocha'), ['--reporter', 'dot', '--parallel', ...slow]],
];

const started = performance.now();
const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;

async function check([name, command, args]: (typeof checks)[number]): Promise<boolean> {
  const child = spawn(command, args, { cwd: projectRoot, shell: process.platform === 'win32' && command !== node, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  const ok = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}  (${seconds()})${ok ? '' : `\n${output}`}`);
  return ok;
}

const results = await Promise.all(checks.map(check));
console.log(`${results.filter(Boolean).length} passed, ${results.filter((ok) => !ok).length} failed  (${seconds()})`);
process.exitCode = results.every(Boolean) ? 0 : 1;
