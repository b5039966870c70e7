'use strict';
/**
 * Keeps a summary of a mocha run, and hands it to `save` whenever it is worth keeping. It says `complete: false` until
 * the run has ended, so that a run that was cut short cannot pass for a good one.
 */
exports.summarize = (runner, save) => {
  const summary = { complete: false, passed: 0, failed: 0, pending: 0, durationMs: 0, failures: [] };
  const startedAt = Date.now();
  const keep = () => {
    summary.durationMs = Date.now() - startedAt;
    save(`${JSON.stringify(summary, null, 2)}\n`);
  };
  keep();
  runner.on('pass', () => { summary.passed += 1; });
  runner.on('pending', () => { summary.pending += 1; });
  runner.on('fail', (test, error) => {
    summary.failed += 1;
    summary.failures.push({ title: test.fullTitle(), file: test.file, message: error.message, stack: error.stack });
    keep();
  });
  runner.once('end', () => { summary.complete = true; keep(); });
};
