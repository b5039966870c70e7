import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuiltFile } from '../bundles.ts';
import { projectRoot } from '../vscode-host/paths.ts';

/** What the bundles contain that is not ours: packages with their licence, as that licence asks for. One text is said once. */
export async function thirdPartyNotices(built: readonly BuiltFile[]): Promise<string> {
  const folders = new Set(built.flatMap(({ modules }) => modules.flatMap((module) => packageFolder(module) ?? [])));
  const named = new Map<string, Set<string>>();
  for (const { name, text } of await Promise.all([...folders].sort().map(notice))) {
    const names = named.get(text) ?? new Set();
    named.set(text, names.add(name));
  }
  const notices = [...named].map(([text, names]) => `${[...names].join('\n')}\n\n${text}`);
  return ['This package contains the following software.', ...notices].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n';
}

/** The folder of the package that a module is from; `undefined` for one of ours. */
export function packageFolder(module: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0];
}

async function notice(folder: string): Promise<{ readonly name: string; readonly text: string }> {
  const absolute = path.join(projectRoot, folder);
  const { name, version, license, author } = JSON.parse(await readFile(path.join(absolute, 'package.json'), 'utf8')) as Manifest;
  if (license === undefined) throw new Error(`${name} ${version} is bundled, but does not say under which licence.`);
  const file = (await readdir(absolute)).find((each) => /^(licen[cs]e|copying)/i.test(each));
  // Some packages name their licence and leave its text out.
  const text = file === undefined ? `Copyright ${typeof author === 'string' ? author : author?.name ?? `the authors of ${name}`}` : await readFile(path.join(absolute, file), 'utf8');
  return { name: `${name} ${version} (${license})`, text: text.trim() };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}
