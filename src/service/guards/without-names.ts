/** A shorter name is in too many words, and says nothing. */
const shortest = 3;

/**
 * An error as it may be told: its message and its stack name `instead` where they name one of these. It is of the same class, and
 * the same in all else. An error that names none is what it was; so is one that cannot be looked at, which tells nothing.
 */
export function withoutNames(error: unknown, names: readonly string[], instead: string): unknown {
  const forbidden = names.filter(({ length }) => length >= shortest).sort((one, other) => other.length - one.length);
  const told = (text: unknown): unknown => (typeof text === 'string' ? forbidden.reduce((said, name) => said.replaceAll(name, () => instead), text) : text);
  try {
    if (forbidden.length === 0 || typeof error !== 'object' || error === null) return told(error);
    const { message } = error as Partial<Error>;
    const without = told(message);
    return without === message ? error : Object.create(error, { message: { value: without }, stack: { value: told((error as Partial<Error>).stack) } });
  } catch {
    return error;
  }
}
