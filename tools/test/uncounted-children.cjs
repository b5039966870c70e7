'use strict';
/**
 * Required by suites whose coverage is counted: the processes that a test starts are not counted, which spares each of them the
 * writing of its counts, and Node keeps for them what it has compiled.
 */
const path = require('node:path');

delete process.env.NODE_V8_COVERAGE;
process.env.NODE_COMPILE_CACHE = path.join(__dirname, '../../node_modules/.cache/compiled');
