import { readFileSync, writeFileSync } from 'node:fs';

const end = '<!-- end -->';
const start = (command: string): string => `<!-- written by: ${command} -->`;

/** The part of a document that a command writes, without the marks around it. */
export function generatedBlock(file: string, command: string): string {
  const { text, from, to } = find(file, command);
  return text.slice(from, to);
}

/** Puts `content` where the command's block is. */
export function writeGeneratedBlock(file: string, command: string, content: string): void {
  const { text, from, to } = find(file, command);
  writeFileSync(file, text.slice(0, from) + content + text.slice(to));
}

function find(file: string, command: string): { text: string; from: number; to: number } {
  const text = readFileSync(file, 'utf8');
  const mark = `${start(command)}\n`;
  const at = text.indexOf(mark);
  const to = text.indexOf(end, at);
  if (at === -1 || to === -1) throw new Error(`${file} has no block between "${start(command)}" and "${end}".`);
  return { text, from: at + mark.length, to };
}
