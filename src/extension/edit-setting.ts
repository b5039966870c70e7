import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { settingName } from '../settings/setting-key.ts';
import type { RegisteredDefinition } from './api.ts';
import { chooseService, type Subject } from './choose.ts';
import type { Registry } from './registry.ts';
import { placeOf } from './setting-place.ts';
import { settingsOfAll } from './marks/settings-text.ts';
import type { WatchedService } from './watched-service.ts';

/** Opens one setting where its value is stored, or all of a service in the user settings. */
export async function editSetting(registry: Registry, subject: Subject | undefined): Promise<void> {
  const watched = await chooseService(registry, `Holdfast: ${l10n.t('Edit Setting')}`, subject);
  if (watched === undefined) return;
  const key = subject?.key;
  if (key === undefined) {
    await vscode.commands.executeCommand('workbench.action.openSettings', watched.service.definition.section === '' ? '' : `${watched.label}.`);
    return;
  }
  const place = placeOf(watched.service.inspect(key));
  const folder = place === undefined ? await chooseFolder(foldersWith(watched, key)) : undefined;
  if (folder === undefined) await vscode.commands.executeCommand(settingsEditor(watched, key, place), { query: `@id:${settingName(watched.service.definition.section, key)}` });
  else await openInFolder(folder, watched.service.definition, key);
}

function settingsEditor({ service }: WatchedService, key: string, place: string | undefined): string {
  if (place === 'workspace') return 'workbench.action.openWorkspaceSettings';
  const scope = service.definition.declarations?.[key]?.scope;
  const isOfMachine = scope === 'machine' || scope === 'machine-overridable';
  return isOfMachine && vscode.env.remoteName !== undefined ? 'workbench.action.openRemoteSettings' : 'workbench.action.openSettings2';
}

/** The folders of a workspace of several that hold a value of their own, which the window as a whole does not have. */
function foldersWith({ service }: WatchedService, key: string): vscode.WorkspaceFolder[] {
  const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
  if (workspaceFile === undefined) return [];
  return workspaceFolders.filter(({ uri }) => placeOf(service.inspect(key, { resource: uri.toString() })) === 'folder');
}

async function chooseFolder(folders: readonly vscode.WorkspaceFolder[]): Promise<vscode.WorkspaceFolder | undefined> {
  if (folders.length <= 1) return folders[0];
  const items = folders.map((folder) => ({ label: folder.name, folder }));
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t('In which settings?') }))?.folder;
}

/** VS Code's Settings editor cannot be asked for one setting of a folder: its settings.json is opened, with the setting selected. */
async function openInFolder(folder: vscode.WorkspaceFolder, definition: RegisteredDefinition, key: string): Promise<void> {
  const uri = vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json');
  const editor = await vscode.window.showTextDocument(uri);
  const { document } = editor;
  const found = settingsOfAll(document.getText(), definition, false).find(({ name }) => name === settingName(definition.section, key));
  if (found === undefined) return;
  const range = new vscode.Range(document.positionAt(found.nameSpan.start), document.positionAt(found.valueSpan.end));
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range);
}
