'use strict';
/** Tests may put a clock of their own in place of these. */
const now = performance.now.bind(performance);
const { setTimeout: later, clearTimeout: notLater } = globalThis;

/** Between two savings, in ms. */
const pause = 250;

/**
 * Keeps a summary of a mocha run, and hands it to `save` whenever a test begins or ends, at most four times a second. It
 * says `complete: false` until the run has ended, so that a run that was cut short cannot pass for a good one.
 *
 * - `running`: the test under way, or the hook outside of one; `null` between them
 * - `ended`: how many tests have ended: who watches a run sees by it that it goes on
 * - `tests`: each that has ended, with its time in ms, which includes its hooks, and why it was skipped
 */
exports.summarize = (runner, save) => {
  const summary = { complete: false, passed: 0, failed: 0, pending: 0, ended: 0, running: null, durationMs: 0, failures: [], tests: [] };
  const startedAt = now();
  let savedAt = -Infinity;
  let timer;
  const saveNow = () => {
    notLater(timer);
    timer = undefined;
    savedAt = now();
    summary.durationMs = Math.round(savedAt - startedAt);
    save(`${JSON.stringify(summary)}\n`);
  };
  const keep = () => {
    const wait = savedAt + pause - now();
    if (wait <= 0) saveNow();
    else if (timer === undefined) {
      timer = later(saveNow, wait);
      // In a browser it is a number.
      timer.unref?.();
    }
  };
  /** What each test is listed as. */
  const entries = new Map();
  let testStartedAt = startedAt;
  let last;
  const add = (test, state) => {
    const { file, duration } = test;
    const ms = Math.round(test.type === 'hook' ? duration ?? 0 : now() - testStartedAt);
    const reason = reasonOf(test);
    const entry = { title: test.fullTitle(), file, state, ms, ...(state === 'pending' && reason !== undefined ? { reason } : {}) };
    entries.set(test, entry);
    summary.tests.push(entry);
    return entry;
  };

  saveNow();
  runner.on('test', (test) => {
    testStartedAt = now();
    summary.running = test.fullTitle();
    last = undefined;
    keep();
  });
  runner.on('hook', (hook) => {
    if (summary.running !== null) return;
    summary.running = hook.fullTitle();
    keep();
  });
  runner.on('hook end', (hook) => {
    if (last !== undefined && hook.title.startsWith('"after each"')) last.ms = Math.round(now() - testStartedAt);
    if (summary.running === hook.fullTitle()) summary.running = null;
  });
  runner.on('pass', () => { summary.passed += 1; });
  runner.on('pending', (test) => {
    summary.pending += 1;
    // Unless it has skipped itself it has not begun.
    if (summary.running !== test.fullTitle()) testStartedAt = now();
  });
  runner.on('fail', (test, error) => {
    summary.failed += 1;
    summary.failures.push({ title: test.fullTitle(), file: test.file, message: error.message, stack: error.stack });
    // After it has passed, for instance because it ended twice.
    if (entries.has(test)) entries.get(test).state = 'failed';
    else if (test.type === 'hook') add(test, 'failed');
    keep();
  });
  runner.on('test end', (test) => {
    last = add(test, test.state);
    summary.ended += 1;
    summary.running = null;
    keep();
  });
  runner.once('end', () => {
    summary.complete = true;
    summary.running = null;
    saveNow();
  });
  return summary;
};

/** Why a test was skipped, as test/skip.ts has noted it: at the test, or at a suite around it. */
function reasonOf(test) {
  for (let each = test; each !== undefined; each = each.parent) {
    if (each.skipReason !== undefined) return each.skipReason;
  }
  return undefined;
}

/** The lines that end a run: its slowest tests where there are many, and what was skipped, with the reason. */
exports.lastLines = ({ tests }) => {
  const slowest = tests.length < 20 ? [] : [...tests].sort((one, other) => other.ms - one.ms).slice(0, 10);
  const skipped = tests.filter(({ state }) => state === 'pending');
  return [
    ...(slowest.length === 0 ? [] : ['  Slowest, with their hooks:', ...slowest.map(({ ms, title }) => `${(ms / 1000).toFixed(1).padStart(9)} s  ${title}`), '']),
    ...(skipped.length === 0 ? [] : ['  Skipped:', ...skipped.map(({ title, reason }) => `    ${title}: ${reason ?? 'no reason was given'}`), '']),
  ];
};
