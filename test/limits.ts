/**
 * Every limit of the tests, in ms. They end what hangs; no outcome depends on how fast the machine is. A test waits for a
 * condition with `until`; `elapse` is for showing that nothing happens in a while, which a slow machine cannot break.
 *
 * Runs on Node and in the browser's extension host: it imports nothing.
 */
const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
/** `HOLDFAST_PATIENCE=0.1` while a test is being written: what fails, fails ten times sooner. */
const patience = Number(environment['HOLDFAST_PATIENCE'] ?? 1);

export const limits = {
  /** A suite is stopped after this long without a test that ended; mocha gives up a single test after the same time. */
  withoutProgress: 10 * 60_000 * patience,
  /** Type-checking, linting, building: what reports nothing before its end. */
  check: 30 * 60_000,
  /** A condition that a test waits for: also how long Playwright waits for what should appear. */
  condition: 5 * 60_000 * patience,
  /**
   * What a person would do again when nothing came of it (a hover, a command of the palette) is done again after this long,
   * and then after twice as long, within `condition`.
   */
  attempt: 5_000,
  /** Between two looks at a condition. */
  look: 25,
  /** A time limit of the product, where a test is not about it: longer than any test, as VS Code takes what the machine gives it. */
  product: 24 * 60 * 60_000,
} as const;

/**
 * Waits until a condition holds.
 *
 * @param what completes the sentence "Waited 300 s in vain until …"; a function is asked when it has been in vain
 * @example await until('the value is served', () => service.get('count') === 11);
 */
export async function until(what: string | (() => string), holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + limits.condition;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`Waited ${limits.condition / 1_000} s in vain until ${typeof what === 'string' ? what : what()}.`);
    await elapse(limits.look);
  }
}

/**
 * Does again what came to nothing, until it succeeds or `limits.condition` is over; then its last error is the answer.
 * Each attempt is given twice the time of the one before, so that what needs longer than `limits.attempt` gets there too.
 *
 * @example await again(async (timeout) => { await item.hover(); await hover.waitFor({ timeout }); });
 */
export async function again<T>(act: (timeout: number) => Promise<T>): Promise<T> {
  const end = performance.now() + limits.condition;
  for (let timeout: number = limits.attempt; ; timeout *= 2) {
    try {
      return await act(Math.min(timeout, limits.condition));
    } catch (error) {
      if (performance.now() > end) throw error;
      await elapse(limits.look);
    }
  }
}

/** Lets time pass, where a test shows that nothing happens in it, or plays a program that takes its time. Never to wait for something. */
export const elapse = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Whether a promise is still pending after a while. */
export async function stillPending(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const pending = Symbol('pending');
  return await Promise.race([promise.then(() => undefined, () => undefined), elapse(milliseconds).then(() => pending)]) === pending;
}
