import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What of VS Code's command line matters here. Everything else is accepted and left aside, as VS Code does it. */
export interface CodeArguments {
  /** Folder or .code-workspace file to open. */
  readonly folder: string | undefined;
  readonly extensionDevelopmentPaths: readonly string[];
  readonly extensionTestsPath: string | undefined;
  readonly userDataDir: string | undefined;
  readonly extensionsDir: string | undefined;
  /** Whether installed extensions stay off; those under development run all the same. */
  readonly disableExtensions: boolean;
  readonly disableWorkspaceTrust: boolean;
}

/** Options with a value, which may also be the next word: `--user-data-dir X`. */
const withValue = ['extensionDevelopmentPath', 'extensionTestsPath', 'user-data-dir', 'extensions-dir', 'folder-uri', 'file-uri'];

/** Reads VS Code's own arguments. Paths come out absolute. */
export function readArguments(words: readonly string[]): CodeArguments {
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  const positional: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      if (!word.startsWith('-')) positional.push(word);
    } else if (withValue.includes(name)) {
      values.set(name, [...values.get(name) ?? [], value ?? words[++i] ?? '']);
    } else {
      flags.add(name);
    }
  }
  const one = (name: string) => values.get(name)?.map(asPath).at(-1);
  return {
    folder: one('folder-uri') ?? one('file-uri') ?? positional.map(asPath)[0],
    extensionDevelopmentPaths: (values.get('extensionDevelopmentPath') ?? []).map(asPath),
    extensionTestsPath: one('extensionTestsPath'),
    userDataDir: one('user-data-dir'),
    extensionsDir: one('extensions-dir'),
    disableExtensions: flags.has('disable-extensions'),
    disableWorkspaceTrust: flags.has('disable-workspace-trust'),
  };
}

function asPath(text: string): string {
  return text.startsWith('file:') ? fileURLToPath(text) : path.resolve(text);
}
