import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** A picture that is larger is not put into a package, in bytes. */
const largestPicture = 200_000;

const note = '*From the repository: the documents, pictures and commands named here are there.*';

/**
 * README.md as a package has it. Documents and pictures are not in the package: links to them become plain text, and
 * pictures become part of the page where it can show them so.
 */
export async function packedReadme(file: string, { pictures }: { readonly pictures: boolean }): Promise<string> {
  const text = await readFile(file, 'utf8');
  const parts = text.split(/(^!\[[^\]]*\]\([^)]+\)\n\n?)/m);
  const packed = await Promise.all(parts.map(async (part) => {
    const [, alternative, link] = /^!\[([^\]]*)\]\(([^)]+)\)/.exec(part) ?? [];
    if (link === undefined) return withoutLinks(part);
    const picture = path.join(path.dirname(file), link);
    if (!pictures || !link.endsWith('.png') || (await stat(picture)).size > largestPicture) return '';
    return `![${alternative}](data:image/png;base64,${await readFile(picture, 'base64')})\n\n`;
  }));
  const whole = packed.join('');
  return whole === text ? text : whole.replace(/^(# .+\n\n)/, `$1${note}\n\n`);
}

/** Links that lead out of the web, or to a place in the page, stay. */
function withoutLinks(text: string): string {
  return text.replace(/(?<!!)\[([^\]]+)\]\((?!https?:|#)[^)]+\)/g, '$1');
}
