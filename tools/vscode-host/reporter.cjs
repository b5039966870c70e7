'use strict';
/** The reporter of the suites inside VS Code. The mocha that runs them is the one that @vscode/test-cli brings. */
const { createRequire } = require('node:module');
const { recording } = require('../recording-reporter.cjs');
const { lastLines } = require('../test-summary.cjs');

const { Spec } = createRequire(require.resolve('@vscode/test-cli'))('mocha').reporters;

module.exports = recording(class extends Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => { for (const line of lastLines(this.summary)) console.log(line); });
  }
});
