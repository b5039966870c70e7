import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { alertRules, type AlertRule } from '../../../src/observe/alert-rules.ts';
import { libraryPatterns } from '../../../src/extension/library-patterns.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** A text of the source as it may come out: with a number for what is computed. */
function sample(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map(({ literal }) => `7${literal.text}`)].join('');
  return undefined;
}

/** What health checks, alerts and events say: the `detail` of a check, the message of what is raised, and the sentences of the log. */
function libraryTexts(): string[] {
  // What is said of `access` is what its check says.
  const { access: _, ...rules } = alertRules;
  const found: string[] = Object.values<AlertRule>(rules).flatMap(({ message, ofGuard = message }) => [message, ofGuard]).map((message) => message.replaceAll(/\{\d\}/g, '7'));
  collect('src/service/health.ts', (node, source) => (ts.isPropertyAssignment(node) && node.name.getText(source) === 'detail' ? sample(node.initializer) : undefined), found);
  // In a report on a guard, each text that is a sentence is the detail of a check.
  for (const file of ['src/observe/describe.ts', 'src/observe/describe-guard.ts', 'src/service/guards/supervised-guard.ts']) collect(file, (node) => sample(node)?.match(/^[A-Z].*\.$/)?.[0], found);
  // The warnings, what is wrong with a recording, and what a person should do where the error's reason alone does not tell.
  for (const file of ['context', 'reads/loading', 'writes/writing', 'service']) collect(`src/service/${file}.ts`, firstArgumentOf(/(^|\.)warn$/), found);
  for (const file of ['recording', 'recording-export']) collect(`src/inspect/${file}.ts`, firstArgumentOf(/^RecordingError$/), found);
  collect('src/guard/guard.ts', userAction, found);
  collect('src/testing/faulty-store.ts', userAction, found);
  for (const file of ['vscode-failure', 'vscode-conflict']) collect(`src/store/${file}.ts`, userAction, found);
  return [...new Set(found)];
}

const firstArgumentOf = (called: RegExp) => (node: ts.Node, source: ts.SourceFile): string | undefined => ((ts.isCallExpression(node) || ts.isNewExpression(node)) && called.test(node.expression.getText(source)) && node.arguments?.[0] ? sample(node.arguments[0]) : undefined);

const userAction = (node: ts.Node, source: ts.SourceFile): string | undefined => (ts.isPropertyAssignment(node) && node.name.getText(source) === 'userAction' ? sample(node.initializer) : undefined);

function collect(file: string, textOf: (node: ts.Node, source: ts.SourceFile) => string | undefined, found: string[]): void {
  const source = ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    const text = textOf(node, source);
    if (text !== undefined) found.push(text);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

describe('What the library says of a service', () => {
  it('is known to the extension, which says it in the language of the editor', () => {
    const texts = libraryTexts();
    expect(texts.length).to.be.greaterThan(30);
    expect(texts.filter((text) => !Object.values(libraryPatterns).some((pattern) => pattern.test(text)))).to.deep.equal([]);
  });

  it('is told apart: each text is one sentence only', () => {
    for (const text of libraryTexts()) expect(Object.values(libraryPatterns).filter((pattern) => pattern.test(text)), text).to.have.lengthOf(1);
  });
});
