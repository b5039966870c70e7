import path from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../vscode-host/paths.ts';

/** What is read out of the source: declarations with their comments. */

const configuration = ts.getParsedCommandLineOfConfigFile(path.join(projectRoot, 'tsconfig.json'), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined })!;
const doors = ['index', 'vscode', 'testing', 'opentelemetry'].map((door) => path.join(projectRoot, `src/${door}.ts`));
const machines = ['circuit-breaker', 'retry-sequencer', 'write', 'write-queue', 'recovery', 'config-lifecycle', 'supervisor'].map((name) => path.join(projectRoot, `machines/${name}.ts`));

export const program = ts.createProgram([...doors, ...machines], { ...configuration.options, declaration: true, emitDeclarationOnly: true, noEmit: false, stripInternal: true });
export const checker = program.getTypeChecker();

export function sourceFile(name: string): ts.SourceFile {
  return program.getSourceFile(path.join(projectRoot, name))!;
}

/** The comment before a node, as text; '' without. */
export function commentOf(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const last = ts.getLeadingCommentRanges(text, node.getFullStart())?.at(-1);
  if (last === undefined) return '';
  const comment = text.slice(last.pos, last.end);
  if (!comment.startsWith('/**')) return '';
  return comment.slice(3, -2).split('\n').map((line) => line.replace(/^\s*\* ?/, '')).join('\n').trim();
}

/** A comment in one line, as a cell of a table. */
export function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').replace(/<(?=\w)/g, '&lt;').trim();
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

/** All nodes below, and the node itself. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}
