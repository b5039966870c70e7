/**
 * What `npm test` consists of: every suite, what it needs, and its share of the time.
 *
 * A share is what the suite may take of the time that all suites take together, in percent, with a warm cache: it is the same
 * on a slow machine. The table at the end of a whole run marks what takes more; nothing fails by it. A suite that grows keeps
 * its share here, and hands the rest to `npm run nightly`.
 */
import path from 'node:path';
import { vscodeVersions } from '../vscode-host/versions.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { typeChecker } from '../type-checker.ts';
import { limits } from '../../test/limits.ts';

export interface Suite {
  readonly name: string;
  readonly command: 'mocha' | 'vscode-test' | 'node' | 'oxlint';
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Suites that must have ended before this one begins. */
  readonly needs?: readonly string[];
  /** Percent of the time of all suites. */
  readonly share: number;
}

export const results = path.join(projectRoot, 'out/test-results');
export const coverage = path.join(projectRoot, 'out/coverage');

/** Where a suite leaves what became of its tests: see `test-summary.cjs`. */
export const resultsOf = (name: string): string => path.join(results, `${name}.json`);

/** Suites of mocha and of VS Code have tests; what else is here is one check. */
export const hasTests = ({ command }: Suite): boolean => command === 'mocha' || command === 'vscode-test';

/** A desktop VS Code is downloaded by the tool chain that runs it. */
export const desktop = (process.env['HOLDFAST_VSCODE'] || (process.platform === 'linux' ? 'server' : 'desktop')) === 'desktop';

/** Installs what is installed on demand, before a suite that needs it. */
const onDemand = 'packages on demand';

const inVscode = desktop ? ['build'] : ['build', 'VS Code'];

const newest = vscodeVersions[0]!;
const oldest = vscodeVersions.at(-1)!;

/**
 * Collects coverage of the process of a suite, which takes from a third more processor time to four times as much, where the same
 * is executed very often. So what the coverage is asked of is counted, and no more.
 */
export const counted = { NODE_V8_COVERAGE: path.join(coverage, 'v8') };
export const countedSuites = ['unit', 'stores', 'opentelemetry'];
/** Unit tests of what has no coverage to reach, and of what is there many times, which others see to once. */
const uncounted = ['bench', 'cli', 'earlier', 'extension', 'inspect', 'many', 'mutants', 'tools'];
const uncountedChildren = ['--require', path.join(projectRoot, 'tools/test/uncounted-children.cjs')];

function mocha(name: string, share: number, spec: string, more: Partial<Pick<Suite, 'env' | 'needs'>> = {}): Suite {
  return {
    name, share, command: 'mocha',
    args: [
      '--no-config', '--timeout', String(limits.withoutProgress), '--reporter', path.join(projectRoot, 'tools/unit-reporter.cjs'),
      ...(more.env === counted ? uncountedChildren : []), spec,
    ],
    ...more,
  };
}

const check = (name: string, share: number, command: Suite['command'], args: readonly string[], needs: readonly string[] = []): Suite =>
  ({ name, share, command, args, needs });

const types = (name: string, share: number, project: string, needs: readonly string[] = []): Suite =>
  check(name, share, 'node', [...typeChecker, '--project', project], needs);

/** What is open in VS Code, and its share in the newest and in the oldest. `npm run nightly` opens more: see .vscode-test.mjs. */
const windows: readonly (readonly [window: string, inNewest: number, inOldest?: number])[] = [
  ['', 19, 6],
  ['-huge', 2.5, 2.5],
  ['-no-workspace', 1.5, 1.5],
  ['-multi-root', 2, 2],
  // The extension host in the browser loads our folders in newer versions alone.
  ...(desktop ? [] : [['-untrusted', 1.5, 1.5], ['-web', 2.5]] as const),
];

function inVscodeOf(version: string, window: string, share: number): Suite {
  // A file of 10 MB takes twice as long where what is executed is counted.
  const env = version === newest && window !== '-huge' ? { HOLDFAST_TEST_COVERAGE: path.join(coverage, 'vscode') } : {};
  const name = `vscode-${version}${window}`;
  return { name, share, command: 'vscode-test', args: ['--label', name], env, needs: inVscode };
}

const [inNewest, ...othersInNewest] = windows.map(([window, share]) => inVscodeOf(newest, window, share));
const [inOldest, ...othersInOldest] = windows.flatMap(([window, , share]) =>
  (share === undefined ? [] : [inVscodeOf(oldest, window, share)]));

/** Those that collect coverage. */
export const vscodeSuites = [inNewest!, ...othersInNewest].filter(({ env }) => 'HOLDFAST_TEST_COVERAGE' in env!).map(({ name }) => name);

/** The longest first, so that none is left alone at the end. */
export const suites: readonly Suite[] = [
  ...(desktop ? [] : [check('VS Code', 3, 'node', ['tools/vscode-host/prepare.ts'])]),
  check(onDemand, 3, 'node', ['tools/on-demand.ts']),
  check('build', 2, 'node', ['tools/build.ts', '--tests', '--types']),
  inNewest!,
  mocha('stores', 11, 'test/unit/{store,testing}/**/*.test.ts', { env: counted }),
  mocha('unit', 5, `test/unit/{,!(${['store', 'testing', ...uncounted].join('|')})/**/}*.test.ts`, { env: counted }),
  mocha('uncounted', 6, `test/unit/{${uncounted.join(',')}}/**/*.test.ts`, { needs: ['build'] }),
  mocha('workbench', 14, 'test/workbench/**/*.test.ts', { needs: inVscode }),
  check('demo', 3.5, 'node', ['tools/demo.ts'], [...inVscode, onDemand]),
  mocha('packages', 5.5, 'test/package/**/*.test.ts', { needs: ['build', onDemand] }),
  inOldest!,
  ...othersInNewest,
  ...othersInOldest,
  mocha('composition', 4, 'test/model/*.test.ts'),
  mocha('getting started', 4, 'test/getting-started/**/*.test.ts', { needs: [...inVscode, onDemand] }),
  mocha('documents', 4.5, 'test/documents/**/*.test.ts', { needs: [...inVscode, onDemand] }),
  check('lint and layering', 2, 'oxlint', []),
  mocha('torture', 1, 'test/torture/**/*.test.ts', { needs: inVscode }),
  mocha('simulation', 3.5, 'test/simulation/**/*.test.ts'),
  mocha('replay', 1, 'test/replay/**/*.test.ts'),
  mocha('generated from the machines', 4.5, 'test/model/*/**/*.test.ts'),
  mocha('opentelemetry', 2, 'test/opentelemetry/**/*.test.ts', { env: counted }),
  mocha('monitoring', 1, 'test/ops/**/*.test.ts'),
  types('types', 1, 'tools/tsconfig.everything.json', [onDemand]),
  types('types of Stryker', 0.1, 'tools/stryker', [onDemand]),
  mocha('schemas', 1, 'test/schemas/**/*.test.ts', { needs: [onDemand] }),
  mocha('conformance', 2, 'test/conformance/**/*.test.ts', { needs: [onDemand] }),
  mocha('examples', 1, 'test/examples/**/*.test.ts', { needs: inVscode }),
  mocha('fuzz', 0.7, 'test/fuzz/**/*.test.ts'),
  mocha('sla', 0.8, 'test/sla/**/*.test.ts', { needs: [onDemand] }),
  mocha('other inspectors', 0.2, 'test/xstate-inspect/**/*.test.ts', { needs: [onDemand] }),
  types('types of the page', 0.1, 'src/webview'),
];
