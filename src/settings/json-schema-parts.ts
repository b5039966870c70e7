/** What is asked of JSON Schema where no value is judged: it comes without the validator. */
export type JsonSchema = Record<string, unknown>;

/** Where in the value an error is. */
export const pathOf = ({ instanceLocation }: { readonly instanceLocation: string }): string[] => pointer(instanceLocation);

/** The parts of a JSON pointer such as `#/a%20b/0`. */
export function pointer(text: string): string[] {
  return text.split('/').slice(1).map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What is at a path; `undefined`: nothing. */
export function at(root: unknown, path: readonly string[]): unknown {
  let found = root;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** The part of a setting's own schema that a `$ref` names: what is elsewhere is not known, and not checked. */
export function partAt(ref: unknown, root: JsonSchema): unknown {
  return typeof ref === 'string' && /^#(\/|$)/.test(ref) ? at(root, pointer(ref)) : undefined;
}

/** A pattern as VS Code takes it: `(?i)` before it, and one that is no Unicode pattern is taken for an old one. */
export function regularExpression(pattern: string): RegExp {
  const flags = pattern.startsWith('(?i)') ? 'i' : '';
  const source = pattern.slice(flags === '' ? 0 : 4);
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    return new RegExp(source, flags);
  }
}

/** What a pattern that the validator does not know by itself begins with, as a format, and a format that VS Code takes otherwise. */
export const patternFormat = 'pattern ';
export const vscodeFormat = 'VS Code ';
