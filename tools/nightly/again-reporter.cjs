'use strict';
/** A mocha reporter that ends with the commands that repeat each test that failed, with what it drew from. */
const { Runner, reporters } = require('mocha');
const { quoted } = require('../quoted.ts');

const drawnFrom = ['HOLDFAST_SEED', 'HOLDFAST_HISTORIES', 'MODEL_DEPTH'];

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const environment = drawnFrom.filter((name) => process.env[name]).map((name) => `${name}=${process.env[name]} `).join('');
    const failed = new Set();
    // A hook that fails belongs to all tests of its suite.
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test) => failed.add((test.type === 'hook' ? test.parent : test).fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const command = `${environment}npm run ${process.env.npm_lifecycle_event} -- --timeout 0 --fgrep`;
      for (const title of failed) console.log(`again: ${command} ${quoted(title)}`);
    });
  }
};
