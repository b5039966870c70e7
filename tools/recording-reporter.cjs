'use strict';
/** Makes a mocha reporter also leave a summary as JSON in the file that HOLDFAST_TEST_RESULTS names. */
const fs = require('node:fs');
const path = require('node:path');
const { summarize } = require('./test-summary.cjs');

exports.recording = (Reporter) => class extends Reporter {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.HOLDFAST_TEST_RESULTS;
    if (!file) return;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    summarize(runner, (text) => fs.writeFileSync(file, text));
  }
};
