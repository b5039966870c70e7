'use strict';
/**
 * Makes a mocha reporter also leave a summary as JSON in the file that HOLDFAST_TEST_RESULTS names. With
 * HOLDFAST_TEST_LIST=1 (and mocha told that it is a dry run) it prints the full titles instead, a line each.
 */
/** Taken now: tests may put functions of their own in place of these. */
const { mkdirSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { summarize } = require('./test-summary.cjs');

exports.recording = (Reporter) => (process.env.HOLDFAST_TEST_LIST === '1' ? recorded(TitleList) : recorded(Reporter));

const recorded = (Reporter) => class extends Reporter {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.HOLDFAST_TEST_RESULTS;
    if (file) mkdirSync(path.dirname(file), { recursive: true });
    this.summary = summarize(runner, (text) => { if (file) replace(file, text); });
  }
};

/** Whoever reads the file meanwhile sees the old text or the new one. */
function replace(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

class TitleList {
  constructor(runner) {
    runner.on('test end', (test) => console.log(test.fullTitle()));
  }
}
