/**
 * Runs mocha suites inside the extension host in the browser: a worker, which has neither files nor an environment.
 * What is printed goes through VS Code's log; the summary is stored through VS Code, where the others are.
 */
import 'mocha/mocha.js';
import * as vscode from 'vscode';
import { limits } from '../../test/limits.ts';
import { lastLines, summarize } from '../test-summary.cjs';
import { mochaSetting, suiteMark } from './suite-mark.ts';

/** @param define what registers the suites; rejects unless all tests pass */
export async function runTests(define: () => void): Promise<void> {
  const { extensionUri } = vscode.extensions.getExtension('holdfast.holdfast')!;
  const file = vscode.Uri.joinPath(extensionUri, 'out/test-results', `vscode-${vscode.version}-web.json`);
  // One after the other: the last one counts.
  let saved: PromiseLike<void> = Promise.resolve();
  const options = vscode.workspace.getConfiguration().get<Mocha.MochaOptions>(mochaSetting, {});

  /** Prints as it goes. */
  class Reporter {
    constructor(runner: Mocha.Runner) {
      const say = (text: string): void => text.split('\n').forEach((line) => console.log(`${suiteMark}${line}`));
      const summary = summarize(runner, (text) => {
        saved = saved.then(() => vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text)));
      });
      if (options.dryRun === true) {
        runner.on('test end', (test: Mocha.Test) => say(test.fullTitle()));
        return;
      }
      runner.on('suite', ({ root, title }) => { if (!root) say(`\n  ${title}`); });
      runner.on('pass', ({ title, duration = 0 }) => say(`    ✔ ${title}${duration > 500 ? ` (${duration} ms)` : ''}`));
      runner.on('pending', ({ title }) => say(`    - ${title}`));
      runner.on('fail', ({ title }, error: Error) => say(`    ✘ ${title}\n${error.stack ?? error.message}`));
      runner.once('end', () => say(['', ...lastLines(summary)].join('\n')));
    }
  }

  mocha.setup({ ...options, ui: 'bdd', timeout: limits.withoutProgress, reporter: Reporter as unknown as Mocha.ReporterConstructor });
  define();
  const failed = await new Promise<number>((resolve) => void mocha.run(resolve));
  await saved;
  if (failed > 0) throw new Error(`${failed} of the tests in the browser failed.`);
}
