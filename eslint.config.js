import tseslint from 'typescript-eslint';
import { statesInMachines } from './tools/lint/states-in-machines.js';

/**
 * The house rule, one line a layer: what each folder may import.
 * `webview | extension -> inspect, observe -> service -> guard, store, settings -> machines`
 */
const layers = {
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

function layerRule([folder, allowed]) {
  const forbidden = Object.keys(layers).filter((other) => other !== folder && !allowed.includes(other));
  const patterns = forbidden.map((other) => ({
    regex: `^\\.\\.?/(?:.*/)?${other.replace('src/', '')}/`,
    message: `${folder} must not import ${other}.`,
  }));
  if (folder === 'machines') {
    patterns.push({ regex: '^(?!xstate$|\\./)', message: 'machines import xstate and each other, and nothing else.' });
  }
  const usesVscode = folder === 'src/extension';
  return {
    files: [`${folder}/**/*.ts`],
    ignores: folder === 'src/store' ? ['src/store/vscode*.ts'] : [],
    rules: { 'no-restricted-imports': ['error', { patterns, paths: usesVscode ? [] : [noVscode] }] },
  };
}

/** Every limit of the tests stands in test/limits.ts; a test waits for a condition, and never for a time. */
const waits = [
  { selector: 'CallExpression[callee.property.name="timeout"]', message: 'Limits stand in test/limits.ts: the runner gives each test the same one.' },
  { selector: 'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"][arguments.0.type="Identifier"]', message: 'Wait for a condition: `until` in test/limits.ts. To show that nothing happens: `elapse` there.' },
  { selector: 'CallExpression[callee.property.name="waitForTimeout"]', message: 'Wait for a condition: `until` in test/limits.ts.' },
  {
    selector: 'CallExpression[callee.property.name=/^(waitFor|waitForSelector|click|dblclick|hover|fill|press|check|selectOption)$/] Property[key.name="timeout"] > Literal',
    message: 'Limits stand in test/limits.ts: `limits.attempt` within `again`, or none at all.',
  },
];

/** Where actors are started and told what happens, by their machines. */
const drivers = {
  'config-lifecycle': ['src/service/reads/loading.ts'],
  'supervisor': ['src/service/supervision.ts'],
  'write': ['src/service/writes/write.ts', 'src/service/writes/writing.ts', 'src/service/writes/awaiting-user.ts', 'src/service/writes/unconfirmed.ts'],
  'write-queue, recovery': ['src/service/writes/file-queue.ts'],
};

/** What moves in src/service and is in no machine: by file, what it is and why. Ten at most. */
const outsideOfMachines = [
  ['src/service/guards/guard-faults.ts', ['setTimeout'], 'A fault that is injected: the dependency takes that long.'],
  ['src/service/language-client.ts', ['setTimeout'], 'Ends a task of VS Code, which tells all of one event within one: it waits for nothing.'],
  ['src/service/patience.ts', ['waits', 'setTimeout'], 'Gives a promise of the store a time limit; it is the only place that does.'],
  ['src/service/supervision.ts', ['setTimeout'], 'The clock of the machines themselves.'],
  ['src/service/writes/awaiting-user.ts', ['setTimeout'], 'One look for all writes that wait for the user; how long each waits is in its machine.'],
  ['src/service/writes/save.ts', ['#open'], 'The writes of one save, each an actor, that are not answered: it is empty at the end of the save.'],
  ['src/service/writes/writing.ts', ['setTimeout'], 'Keeps the process alive while there are writes: nothing happens at its end.'],
];

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'out', '.vscode-test', 'coverage', 'demo-output', 'examples/*/dist'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  // The page runs in a browser, and is checked as such.
  { files: ['src/webview/**/*.ts'], languageOptions: { parserOptions: { project: './tools/tsconfig.webview.json' } } },
  // The types of Stryker are known when it has been installed; what is said here does not depend on that.
  {
    files: ['tools/stryker/*.ts'],
    languageOptions: { parserOptions: { project: './tools/stryker/tsconfig.json' } },
    rules: { '@typescript-eslint/no-redundant-type-constituents': 'off', '@typescript-eslint/no-unnecessary-type-assertion': 'off' },
  },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
  {
    files: ['test/**/*.ts'],
    ignores: ['test/limits.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...waits],
      'no-restricted-imports': ['error', { paths: ['node:timers/promises', 'timers/promises'].map((name) => ({ name, message: 'Wait for a condition: `until` in test/limits.ts.' })) }],
    },
  },
  ...Object.entries(layers).map(layerRule),
  {
    files: ['src/service/**/*.ts'],
    plugins: { holdfast: { rules: { 'states-in-machines': statesInMachines } } },
    rules: {
      'holdfast/states-in-machines': ['error', {
        drivers: Object.values(drivers).flat(),
        exceptions: Object.fromEntries(outsideOfMachines.map(([file, names]) => [file, names])),
      }],
    },
  },
  { files: ['src/*.ts', 'src/testing/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: [noVscode] }] } },
);
