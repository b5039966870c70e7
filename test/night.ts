/**
 * Tests that `npm run nightly` runs, and `npm test` leaves out: others of their kind run there. `npm test` with `HOLDFAST_NIGHT=1` is both.
 *
 * Runs on Node and in VS Code's extension host on the server.
 */
export const isNight = process.env['HOLDFAST_NIGHT'] === '1';

/** As mocha's own: `night.it('title', () => …)`. By day there is no such test. */
export const night = {
  it(title: string, test: Mocha.Func | Mocha.AsyncFunc): void {
    if (isNight) it(title, test as Mocha.AsyncFunc);
  },
  describe(title: string, define: (this: Mocha.Suite) => void): void {
    if (isNight) describe(title, define);
  },
};
