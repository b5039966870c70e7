/**
 * Runs the tests of a part inside Stryker's own process: nothing is started and loaded anew for each mutant, but for those
 * that act while a file is loaded. Always all tests in their order, up to the first that fails: some judge what those
 * before them have covered. (Stryker's own runner for mocha does not know mocha 12.)
 */
import type { InstrumenterContext, MutantCoverage } from '@stryker-mutator/api/core';
import { commonTokens, declareFactoryPlugin, PluginKind, type Injector } from '@stryker-mutator/api/plugin';
import { DryRunStatus, MutantRunStatus, TestStatus, type DryRunResult, type MutantRunOptions, type MutantRunResult, type TestResult, type TestRunner } from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';
import path from 'node:path';

interface Options {
  /** The files of the tests, in order. */
  readonly tests: readonly string[];
}

/**
 * A mutant may make a test wait for ever: it is given up after this long, in milliseconds, which is cheaper than to let
 * Stryker end the process. Not so the tests of all paths of a machine: they take long in any case.
 */
const longest = 20_000;
const takesLong = (test: Mocha.Test): boolean => test.file?.includes(path.join('test', 'model')) === true;

type Context = { -readonly [K in keyof InstrumenterContext]: InstrumenterContext[K] | undefined };

class MochaTestRunner implements TestRunner {
  readonly #options: Options;
  readonly #context: Context;
  readonly #mocha = new Mocha({ timeout: longest, reporter: class {} as never });
  #loaded = false;

  constructor(options: Options) {
    this.#options = options;
    this.#context = ((globalThis as { __stryker__?: Context }).__stryker__ ??= {});
  }

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: false };
  }

  async dryRun(): Promise<DryRunResult> {
    const tests = await this.#run(undefined, false);
    const mutantCoverage: MutantCoverage | undefined = this.#context.mutantCoverage;
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage === undefined ? {} : { mutantCoverage }) };
  }

  async mutantRun({ activeMutant, mutantActivation, hitLimit }: MutantRunOptions): Promise<MutantRunResult> {
    this.#context.hitCount = hitLimit === undefined ? undefined : 0;
    this.#context.hitLimit = hitLimit;
    const tests = await this.#run(activeMutant.id, mutantActivation === 'static');
    const { hitCount = 0 } = this.#context;
    if (hitLimit !== undefined && hitCount > hitLimit) return { status: MutantRunStatus.Timeout, reason: 'It goes round and round.' };
    const failed = tests.find((test) => test.status === TestStatus.Failed);
    if (failed === undefined) return { status: MutantRunStatus.Survived, nrOfTests: tests.length };
    return { status: MutantRunStatus.Killed, killedBy: [failed.id], failureMessage: failed.failureMessage, nrOfTests: tests.length };
  }

  async #run(mutant: string | undefined, fromTheStart: boolean): Promise<TestResult[]> {
    const mocha = this.#mocha;
    if (!this.#loaded) {
      this.#context.activeMutant = fromTheStart ? mutant : undefined;
      for (const file of this.#options.tests) mocha.addFile(file);
      mocha.cleanReferencesAfterRun(false);
      await mocha.loadFilesAsync();
      mocha.suite.eachTest((test) => { if (takesLong(test)) test.timeout(0); });
      this.#loaded = true;
    }
    bail(mocha.suite, mutant !== undefined);
    this.#context.activeMutant = mutant;
    const results: TestResult[] = [];
    await new Promise<void>((resolve) => {
      const runner = mocha.run(() => resolve());
      const facts = (test: Mocha.Runnable): Pick<TestResult, 'id' | 'name' | 'timeSpentMs'> => ({ id: test.fullTitle(), name: test.fullTitle(), timeSpentMs: test.duration ?? 0 });
      runner.on('test', (test: Mocha.Test) => void (this.#context.currentTestId = test.fullTitle()));
      runner.on('pass', (test: Mocha.Test) => void results.push({ ...facts(test), status: TestStatus.Success }));
      runner.on('fail', (test: Mocha.Runnable, error: Error) => void results.push({ ...facts(test), status: TestStatus.Failed, failureMessage: error.message }));
    });
    this.#context.currentTestId = undefined;
    return results;
  }
}

function bail(suite: Mocha.Suite, first: boolean): void {
  suite.bail(first);
  for (const each of suite.suites) bail(each, first);
}

function create(injector: Injector<{ options: { readonly part: Options } }>): MochaTestRunner {
  return new MochaTestRunner(injector.resolve(commonTokens.options).part);
}
create.inject = [commonTokens.injector] as const;

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'mocha-in-process', create as never)];
