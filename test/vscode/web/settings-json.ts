import * as vscode from 'vscode';
import { fixture } from '../fixture-settings.ts';
import { closeEditors, folder, until } from '../fixture-service.ts';

/* The workspace's settings.json as a suite in the browser gets at it: through VS Code. */

export const settingsFile = (): vscode.Uri => vscode.Uri.joinPath(folder().uri, '.vscode', 'settings.json');

export async function settingsText(file = settingsFile()): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
}

export async function readSettings(file = settingsFile()): Promise<Record<string, unknown>> {
  return JSON.parse(await settingsText(file)) as Record<string, unknown>;
}

export async function writeSettings(text: string, file = settingsFile()): Promise<void> {
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
}

/** An empty settings.json, no editor, no user settings: known to VS Code as such. */
export async function resetSettings(): Promise<void> {
  await closeEditors();
  const held = (layer: 'workspaceValue' | 'globalValue') => fixture.keys.filter((key) => vscode.workspace.getConfiguration('fixture', null).inspect(key)?.[layer] !== undefined);
  await writeSettings('{}\n');
  await until('VS Code has seen the empty settings.json', () => {
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === settingsFile().toString());
    return held('workspaceValue').length === 0 && (document === undefined || document.getText() === '{}\n');
  });
  for (const key of held('globalValue')) await vscode.workspace.getConfiguration('fixture', null).update(key, undefined, vscode.ConfigurationTarget.Global);
}

/** Replaces the text of an open document, as somebody who types does. */
export async function type(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
}
