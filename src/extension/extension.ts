import * as vscode from 'vscode';
import type { HoldfastApi } from './api.ts';
import { registerCommands } from './commands.ts';
import { Documents } from './documents.ts';
import type { InspectorPanel } from './inspector-panel.ts';
import { LogChannel } from './log-channel.ts';
import { Hovers } from './marks/hovers.ts';
import { Marks } from './marks/marks.ts';
import { QuickFixes } from './marks/quick-fixes.ts';
import { settingsDocuments } from './marks/settings-files.ts';
import { Notifications } from './notifications.ts';
import { Registry } from './registry.ts';
import { Rescue } from './rescue.ts';
import { StatusBar } from './status-bar.ts';

/** Holdfast, the extension: shows and drives the services of all extensions that use the library. */
export function activate(context: vscode.ExtensionContext): HoldfastApi {
  const started = performance.now();
  const { version } = context.extension.packageJSON as { version: string };
  const log = new LogChannel();
  const registry = new Registry(log);
  const documents = new Documents(registry);
  const marks = new Marks(registry, context.globalStorageUri);
  const rescue = new Rescue(registry, marks.files, () => vscode.workspace.getConfiguration('holdfast').get('failedWrites.waitFor', 60) * 1_000);

  context.subscriptions.push(
    log,
    registry,
    documents,
    marks,
    vscode.languages.registerCodeActionsProvider(settingsDocuments, new QuickFixes(marks), { providedCodeActionKinds: QuickFixes.kinds }),
    vscode.languages.registerHoverProvider(settingsDocuments, new Hovers(registry, marks.files)),
    vscode.commands.registerCommand('holdfast.openInspector', inspectorOpener(context, registry)),
    new StatusBar(registry),
    rescue,
    new Notifications(registry, rescue),
    ...registerCommands({ registry, documents, log, version }),
    ...watchForEvidence(registry),
  );
  log.info(`Holdfast ${version} activated in ${(performance.now() - started).toFixed(1)} ms.`);
  return registry;
}

/** Everything is disposed of with the context. */
export function deactivate(): void {}

/** The inspector brings xstate and more with it: it is loaded when it is first opened, so that the start stays fast. */
function inspectorOpener(context: vscode.ExtensionContext, registry: Registry): () => Promise<void> {
  let inspector: Promise<InspectorPanel> | undefined;
  const load = async (): Promise<InspectorPanel> => {
    const module = await import('./inspector-panel.ts');
    const panel = new module.InspectorPanel(context, registry);
    context.subscriptions.push(panel);
    return panel;
  };
  return async () => (await (inspector ??= load())).show();
}

/** A user who comes back, or saves settings, has perhaps repaired what was broken. */
function watchForEvidence(registry: Registry): vscode.Disposable[] {
  return [
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) registry.evidence();
    }),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      if (/\/settings\.json$|\.code-workspace$/.test(uri.path)) registry.evidence();
    }),
  ];
}
