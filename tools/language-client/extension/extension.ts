import * as vscode from 'vscode';
import { createClient } from './client.ts';
import { LinterSettings } from './settings.ts';

export async function activate(context: vscode.ExtensionContext) {
  const linted: string[] = [];

  function lint(document: vscode.TextDocument): void {
    const { maxProblems, ignored } = new LinterSettings(document);
    linted.push(`at most ${maxProblems}, without ${ignored.join(' and ')}`);
  }

  context.subscriptions.push(
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (new LinterSettings(document).run === 'onSave') lint(document);
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      for (const document of vscode.workspace.textDocuments) {
        if (document.languageId === 'markdown' && event.affectsConfiguration('app', document)) lint(document);
      }
    }),
  );
  const client = createClient(context);
  await client.start();
  return { linted, client, LinterSettings };
}
