import { readFileSync } from 'node:fs';

/** One step of a document that is meant to be followed. */
export type Step =
  | { readonly kind: 'shell'; readonly commands: readonly string[] }
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  /** Something to do in VS Code, in the words of the document. */
  | { readonly kind: 'do'; readonly words: string };

/** The steps of a document, in order: its code blocks, and its list items up to the heading `until`. */
export function stepsOf(document: string, until: string): Step[] {
  const steps: Step[] = [];
  const text = readFileSync(document, 'utf8');
  const pattern = /^```(\w+)(?: title="([^"]+)")?\n([^]*?)^```$|^- (.*)$|^## (.*)$/gm;
  for (const [, language, name, code = '', words, heading] of text.matchAll(pattern)) {
    if (heading === until) return steps;
    if (words !== undefined) steps.push({ kind: 'do', words });
    else if (name !== undefined) steps.push({ kind: 'file', name, text: code });
    else if (language === 'sh') steps.push({ kind: 'shell', commands: code.trim().split('\n') });
    else if (language !== undefined) throw new Error(`A block of ${language} has neither a file name nor is it for the shell:\n${code}`);
  }
  throw new Error(`${document} has no heading "${until}".`);
}
