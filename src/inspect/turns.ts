/** Does all steps at once. */
export function inOneGo<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * The same for a program that has something else to do meanwhile.
 * @param pause is waited for whenever 10 ms have gone
 * @param now a clock, in milliseconds
 */
export async function inTurns<Result>(steps: Generator<void, Result>, pause: () => Promise<void>, now: () => number = () => performance.now()): Promise<Result> {
  for (let since = now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (now() - since < 10) continue;
    await pause();
    since = now();
  }
}
