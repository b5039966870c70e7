/*
 * A test that is skipped says why: the last lines of a run tell it. Runs on Node and in the browser's extension host.
 */

/** Skips the test; in a `before`, the suite. */
export function skip(context: Mocha.Context, reason: string): never {
  const { test, currentTest } = context;
  const skipped = /^"before all"/.test(test!.title) ? test!.parent : /^"before each"/.test(test!.title) ? currentTest : test;
  Object.assign(skipped!, { skipReason: reason });
  return context.skip();
}
