import * as vscode from 'vscode';
import { ConfigurationService } from '../../src/service/service.ts';
import { vscodeStore, type VscodeContext } from '../../src/store/vscode-host.ts';
import { median } from '../harness.ts';
import { manyKeys, manySettings } from './settings.ts';

/** Processor time of the extension host for one change of a setting, in milliseconds: medians. */
export interface ChangeFigures {
  /** VS Code alone. */
  readonly raw: number;
  /** The same with a listener of VS Code's event for each document, which asks for each setting: what an extension writes for itself. */
  readonly byHand: number;
  /** With a service, and a listener for each document and each setting. */
  readonly service: number;
  /** The same; a setting of another extension changes. */
  readonly unrelated: number;
}

const documents = 10;
const { Workspace } = vscode.ConfigurationTarget;
let counter = 1_000;
let heard = 0;

/** All settings are in settings.json; the documents lie in one folder. */
export async function changes(context: VscodeContext, rounds: number): Promise<ChangeFigures> {
  const folder = vscode.workspace.workspaceFolders![0]!;
  const file = vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json');
  const values = Object.fromEntries(manyKeys.map((key, index) => [`many.${key}`, index]));
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(JSON.stringify(values, null, 2)));
  while (vscode.workspace.getConfiguration('many', null).get(manyKeys.at(-1)!) !== manyKeys.length - 1) await rest(50);
  const uris = Array.from({ length: documents }, (_, index) => vscode.Uri.joinPath(folder.uri, `${index}.ts`));

  const measured = { raw: [] as number[], byHand: [] as number[], service: [] as number[], unrelated: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    measured.raw.push(await costOf('many'));
    const subscriptions = uris.map((uri) => vscode.workspace.onDidChangeConfiguration((event) => {
      for (const key of manyKeys) if (event.affectsConfiguration(`many.${key}`, uri)) heard++;
    }));
    measured.byHand.push(await costOf('many'));
    for (const subscription of subscriptions) subscription.dispose();
    const service = new ConfigurationService(manySettings, { id: 'many', store: vscodeStore(context, manySettings), memento: context.workspaceState });
    await service.ready;
    for (const uri of uris) for (const key of manyKeys) service.onDidChange(key, () => heard++, { resource: uri.toString() });
    await rest(500);
    heard = 0;
    measured.service.push(await costOf('many'));
    if (heard !== documents) throw new Error(`${heard} listeners were called, not ${documents}.`);
    measured.unrelated.push(await costOf('bench'));
    await service.dispose();
  }
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode('{}\n'));
  while (vscode.workspace.getConfiguration('many', null).get(manyKeys.at(-1)!) !== 0) await rest(50);
  return { raw: median(measured.raw), byHand: median(measured.byHand), service: median(measured.service), unrelated: median(measured.unrelated) };
}

/** One change, until everything that it sets off has come to rest. */
async function costOf(section: 'many' | 'bench'): Promise<number> {
  await rest(300);
  const before = process.cpuUsage();
  await vscode.workspace.getConfiguration(section, null).update(section === 'many' ? manyKeys[7]! : 'number0', ++counter, Workspace);
  await rest(700);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const rest = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
