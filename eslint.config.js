import tseslint from 'typescript-eslint';

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
  { files: ['src/*.ts', 'src/testing/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: [noVscode] }] } },
);
