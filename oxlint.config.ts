import { defineConfig, type OxlintOverride } from 'oxlint';

/**
 * The house rule, one line a layer: what each folder may import.
 * `webview | extension -> inspect, observe -> service -> guard, store, settings -> machines`
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  'machines': [],
  'src/guard': ['machines'],
  'src/settings': [],
  'src/store': ['src/settings'],
  'src/service': ['machines', 'src/guard', 'src/settings', 'src/store'],
  'src/observe': ['machines', 'src/guard', 'src/settings', 'src/store', 'src/service'],
  'src/inspect': ['machines', 'src/guard', 'src/settings', 'src/store', 'src/service'],
  'src/extension': ['machines', 'src/guard', 'src/settings', 'src/store', 'src/service', 'src/observe', 'src/inspect'],
  'src/webview': ['machines', 'src/inspect'],
  'src/cli': ['src/settings'],
};

const noVscode = { name: 'vscode', message: 'vscode is imported in src/extension and src/store/vscode* alone.' };

function layerRules([folder, allowed]: [string, readonly string[]]): OxlintOverride[] {
  const forbidden = Object.keys(layers).filter((other) => other !== folder && !allowed.includes(other));
  const patterns = [
    ...forbidden.map((other) => ({ regex: `^\\.\\.?/(?:.*/)?${other.replace('src/', '')}/`, message: `${folder} must not import ${other}.` })),
    ...(folder === 'machines' ? [{ group: ['**', '!xstate', '!./**'], message: 'machines import xstate and each other, and nothing else.' }] : []),
  ];
  const rule = (files: string, paths: (typeof noVscode)[]): OxlintOverride => ({ files: [files], rules: { 'no-restricted-imports': ['error', { patterns, paths }] } });
  return [
    rule(`${folder}/**/*.ts`, folder === 'src/extension' ? [] : [noVscode]),
    ...(folder === 'src/store' ? [rule('src/store/vscode*.ts', [])] : []),
  ];
}

/** Where actors are started and told what happens, by their machines. */
const drivers = {
  'config-lifecycle': ['src/service/reads/loading.ts'],
  'supervisor': ['src/service/supervision.ts'],
  'write': ['src/service/writes/write.ts', 'src/service/writes/writing.ts', 'src/service/writes/awaiting-user.ts', 'src/service/writes/unconfirmed.ts'],
  'write-queue, recovery': ['src/service/writes/file-queue.ts'],
};

/** What moves in src/service and is in no machine: by file, what it is and why. Ten at most. */
const outsideOfMachines: readonly (readonly [file: string, names: readonly string[], why: string])[] = [
  ['src/service/guards/guard-faults.ts', ['setTimeout'], 'A fault that is injected: the dependency takes that long.'],
  ['src/service/language-client.ts', ['setTimeout'], 'Ends a task of VS Code, which tells all of one event within one: it waits for nothing.'],
  ['src/service/patience.ts', ['waits', 'setTimeout'], 'Gives a promise of the store a time limit; it is the only place that does.'],
  ['src/service/supervision.ts', ['setTimeout'], 'The clock of the machines themselves.'],
  ['src/service/writes/awaiting-user.ts', ['setTimeout'], 'One look for all writes that wait for the user; how long each waits is in its machine.'],
  ['src/service/writes/save.ts', ['#open'], 'The writes of one save, each an actor, that are not answered: it is empty at the end of the save.'],
  ['src/service/writes/writing.ts', ['setTimeout'], 'Keeps the process alive while there are writes: nothing happens at its end.'],
];

export default defineConfig({
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['node_modules', 'dist', 'out', '.vscode-test', 'coverage', 'demo-output', 'examples/*/dist', 'test/earlier', '**/*.{js,cjs,mjs,cts}'],
  plugins: ['typescript'],
  jsPlugins: ['./tools/lint/plugin.ts'],
  /** All that finds what is wrong; of what finds bad style, the rules below. */
  categories: { correctness: 'error' },
  rules: {
    'no-array-constructor': 'error',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    'no-var': 'error',
    'prefer-const': 'error',
    'prefer-rest-params': 'error',
    'prefer-spread': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-empty-object-type': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-namespace': 'error',
    'typescript/no-require-imports': 'error',
    'typescript/no-unnecessary-type-assertion': 'error',
    'typescript/no-unnecessary-type-constraint': 'error',
    'typescript/no-unsafe-enum-comparison': 'error',
    'typescript/no-unsafe-function-type': 'error',
    'typescript/restrict-plus-operands': 'error',
    'no-control-regex': 'off',
    'no-unused-private-class-members': 'off',
    'typescript/no-meaningless-void-operator': 'off',
    'typescript/unbound-method': 'off',
  },
  overrides: [
    // The types of Stryker are known when it has been installed; what is said here does not depend on that.
    { files: ['tools/stryker/*.ts'], rules: { 'typescript/no-redundant-type-constituents': 'off', 'typescript/no-unnecessary-type-assertion': 'off' } },
    // Chai's assertions are expressions, and what tests hand over is wrong on purpose.
    { files: ['test/**/*.ts'], rules: { 'no-unused-expressions': 'off', 'no-loss-of-precision': 'off', 'no-setter-return': 'off', 'no-sparse-arrays': 'off' } },
    {
      files: ['test/**/*.ts'],
      excludeFiles: ['test/limits.ts'],
      rules: {
        'holdfast/waits': 'error',
        'no-restricted-imports': ['error', { paths: ['node:timers/promises', 'timers/promises'].map((name) => ({ name, message: 'Wait for a condition: `until` in test/limits.ts.' })) }],
      },
    },
    ...Object.entries(layers).flatMap(layerRules),
    {
      files: ['src/service/**/*.ts'],
      rules: {
        'holdfast/states-in-machines': ['error', {
          drivers: Object.values(drivers).flat(),
          exceptions: Object.fromEntries(outsideOfMachines.map(([file, names]) => [file, names])),
        }],
      },
    },
    { files: ['src/*.ts', 'src/testing/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: [noVscode] }] } },
  ],
});
