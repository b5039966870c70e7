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

/** A suite that is skipped where there is a reason: `describeUnless(isOld ? 'Once is enough.' : undefined)('Title', () => …)`. */
export function describeUnless(reason: string | undefined): (title: string, define: (this: Mocha.Suite) => void) => Mocha.Suite | void {
  if (reason === undefined) return describe;
  return (title, define) => describe.skip(title, function () {
    Object.assign(this, { skipReason: reason });
    define.call(this);
  });
}
