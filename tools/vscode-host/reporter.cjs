'use strict';
/**
 * Mocha's own report on the console, and a summary as JSON in the file that HOLDFAST_TEST_RESULTS names. The file says
 * `complete: false` until the run has ended, so a run that was cut short cannot pass for a good one.
 */
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

// The mocha that runs the tests is the one that @vscode/test-cli brings.
const { Spec } = createRequire(require.resolve('@vscode/test-cli'))('mocha').reporters;

module.exports = class extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.HOLDFAST_TEST_RESULTS;
    if (!file) return;
    const summary = { complete: false, passed: 0, failed: 0, pending: 0, durationMs: 0, failures: [] };
    const startedAt = Date.now();
    const save = () => {
      summary.durationMs = Date.now() - startedAt;
      fs.writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
    };
    fs.mkdirSync(path.dirname(file), { recursive: true });
    save();
    runner.on('pass', () => { summary.passed += 1; save(); });
    runner.on('pending', () => { summary.pending += 1; save(); });
    runner.on('fail', (test, error) => {
      summary.failed += 1;
      summary.failures.push({ title: test.fullTitle(), file: test.file, message: error.message, stack: error.stack });
      save();
    });
    runner.once('end', () => { summary.complete = true; save(); });
  }
};
