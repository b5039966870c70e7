import path from 'node:path';
import { writeGeneratedBlock } from '../tools/generated-block.ts';
import { writeReadme } from '../tools/readme.ts';

export const performanceDocument = path.resolve(import.meta.dirname, '../docs/performance.md');

/** The commands that write a part of it. */
export const commands = ['bench', 'bench:vscode', 'bench:writers', 'bench:scale', 'bench:inspector', 'bench:profile', 'bundle-size'] as const;

export const inFull = (command: (typeof commands)[number]): string => `npm run ${command} -- --write`;

const said: string[] = [];

/** Prints Markdown, and keeps it for `writeDocument`. */
export function say(text: string): void {
  console.log(text);
  said.push(text);
}

/** Puts what was said into docs/performance.md, and into README.md what that takes from there. */
export function writeDocument(command: (typeof commands)[number]): void {
  writeGeneratedBlock(performanceDocument, inFull(command), `\n${said.join('\n').trim()}\n\n`);
  writeReadme();
}
