import type { Scope } from '../../store/store.ts';

/** What is used of a `Uri` of VS Code. */
export interface UriLike {
  readonly scheme: string;
  readonly path: string;
  toString(): string;
}

/**
 * Where a value is read for, or written: all that VS Code's own `getConfiguration` takes as a scope (a `Uri`, a
 * `TextDocument`, a `WorkspaceFolder`, `{ uri, languageId }`), or the same as texts. As in VS Code, a `Uri` alone names no language.
 *
 * @example
 * config.get('run', document);
 * config.get('run', { uri: document.uri, languageId: 'go' });
 * config.get('run', { resource: 'file:///work/main.go' });
 */
export type ConfigurationScope = Scope | UriLike | { readonly uri?: UriLike | undefined; readonly languageId?: string };

type Given = Partial<Record<'uri' | 'scheme' | 'resource' | 'languageId', unknown>>;

/** The same as texts, unchecked. Throws for what cannot be looked at. */
export function asScope(given: ConfigurationScope): Scope {
  const { uri, scheme } = given as Given;
  if (uri === undefined) return scheme === undefined ? given as Scope : { resource: (given as UriLike).toString() };
  const { languageId } = given as Given;
  return { resource: (uri as UriLike).toString(), ...(languageId === undefined ? {} : { languageId: languageId as string }) };
}

/** Whether it says where. Throws for what cannot be looked at. */
export function isScope(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  const { uri, scheme, resource, languageId } = given as Given;
  return [uri, scheme, resource, languageId].some((part) => part !== undefined);
}
