'use strict';
/** The reporter of the suites inside VS Code. The mocha that runs them is the one that @vscode/test-cli brings. */
const { createRequire } = require('node:module');
const { recording } = require('../recording-reporter.cjs');

const { Spec } = createRequire(require.resolve('@vscode/test-cli'))('mocha').reporters;

module.exports = recording(Spec);
