'use strict';
/**
 * Makes a mocha reporter also leave a summary as JSON in the file that HOLDFAST_TEST_RESULTS names. The file says
 * `complete: false` until the run has ended, so a run that was cut short cannot pass for a good one.
 */
const fs = require('node:fs');
const path = require('node:path');

exports.recording = (Reporter) => class extends Reporter {
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
    runner.on('pass', () => { summary.passed += 1; });
    runner.on('pending', () => { summary.pending += 1; });
    runner.on('fail', (test, error) => {
      summary.failed += 1;
      summary.failures.push({ title: test.fullTitle(), file: test.file, message: error.message, stack: error.stack });
      save();
    });
    runner.once('end', () => { summary.complete = true; save(); });
  }
};
