/** What holds on to something until it is disposed of. */
interface Disposable {
  dispose(): unknown;
}

/**
 * Disposes of all, in order, whatever one of them throws.
 * @throws after that, what the first has thrown
 */
export function disposeAll(all: Iterable<Disposable | undefined>): void {
  const errors: unknown[] = [];
  for (const each of all) {
    try {
      each?.dispose();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/**
 * Makes all, in order, or none: when one cannot be made, those before it are disposed of.
 * @throws what making it has thrown
 */
export function makeAll<T extends Disposable>(makers: readonly (() => T)[]): T[] {
  const made: T[] = [];
  try {
    for (const make of makers) made.push(make());
    return made;
  } catch (error) {
    disposeQuietly(made);
    throw error;
  }
}

/** As `disposeAll`, where another error is about to be told. */
export function disposeQuietly(all: Iterable<Disposable | undefined>): void {
  try {
    disposeAll(all);
  } catch {
    // The other error is the cause.
  }
}
