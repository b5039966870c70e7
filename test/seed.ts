/**
 * The seed of everything that is drawn: `npm test` tries the same cases each time. `HOLDFAST_SEED=N` tries others, as
 * `npm run nightly` does; a seed that fails there is given to the test that failed.
 */
export const seed = Number(process.env['HOLDFAST_SEED'] ?? 1);
if (!Number.isSafeInteger(seed)) throw new RangeError('HOLDFAST_SEED is a whole number.');
