'use strict';
/** The reporter of the unit tests. */
const { recording } = require('./recording-reporter.cjs');

module.exports = recording(require('mocha').reporters.Dot);
