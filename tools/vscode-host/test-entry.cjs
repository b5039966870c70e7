'use strict';
/**
 * What VS Code really runs as `extensionTestsPath`: it sends the extension host's console to the terminal, then runs
 * the tests it was asked for.
 *
 * In a browser, VS Code mixes that console into its own log, reformats it, and may lose the last lines. A file written
 * synchronously keeps every line, in order, as the test printed it, even when the process ends in the middle.
 */
const fs = require('node:fs');
const { formatWithOptions } = require('node:util');

exports.run = async () => {
  const output = fs.openSync(process.env.HOLDFAST_TEST_OUTPUT, 'a');
  const colors = process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0';
  for (const method of ['log', 'info', 'warn', 'error', 'debug']) {
    // By definition and not by assignment: VS Code put accessors here, whose setters do nothing. What is written to
    // process.stdout and process.stderr comes this way too, a line at a time.
    Object.defineProperty(console, method, {
      configurable: true,
      value: (...words) => { fs.writeSync(output, `${formatWithOptions({ colors }, ...words)}\n`); },
    });
  }
  const coverage = process.env.HOLDFAST_TEST_COVERAGE ? startCoverage() : undefined;
  try {
    await require(process.env.HOLDFAST_TEST_MODULE).run();
  } catch (error) {
    console.error(error instanceof Error ? error.stack : String(error));
    throw error;
  } finally {
    coverage?.write(process.env.HOLDFAST_TEST_COVERAGE);
  }
};

/**
 * Counts what is executed of the test bundles, in V8's own format. NODE_V8_COVERAGE would do the same, but VS Code does
 * not hand it down, and ends the extension host without a word.
 */
function startCoverage() {
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    write(folder) {
      session.post('Profiler.takePreciseCoverage', (error, taken) => {
        if (error) throw error;
        const result = taken.result.filter(({ url }) => url.replaceAll('\\', '/').includes('/out/test/vscode/'));
        fs.mkdirSync(folder, { recursive: true });
        fs.writeFileSync(`${folder}/vscode-${process.pid}-${Date.now()}.json`, JSON.stringify({ result }));
      });
      session.disconnect();
    },
  };
}
