import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

/** What people read: every Markdown file of the repository, relative to it. */
export const documents: readonly string[] = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples', '.github'].flatMap((folder) => readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name))),
].filter((name) => name.endsWith('.md') && !name.includes('node_modules'));

export function textOf(document: string): string {
  return readFileSync(path.join(projectRoot, document), 'utf8');
}

/** The text without its code blocks. */
export function proseOf(document: string): string {
  return textOf(document).replaceAll(/^```[^]*?^```$/gm, '');
}

/** The anchors of a document: its headings, as GitHub makes them (numbered from the second of a kind on), and those it names itself. */
export function anchorsOf(document: string): Set<string> {
  const prose = proseOf(document);
  const anchors = new Set([...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!));
  const seen = new Map<string, number>();
  for (const [, heading] of prose.matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading!.replaceAll(/\[(.*?)\]\(.*?\)/g, '$1').toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}

/** The code blocks that have a title, by it. */
export function blocksOf(document: string): Map<string, string> {
  const blocks = [...textOf(document).matchAll(/^```\w+ title="([^"]+)"\n([^]*?)^```$/gm)];
  return new Map(blocks.map(([, title, code]) => [title!, code!]));
}
