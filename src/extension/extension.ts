import * as vscode from 'vscode';
import type { GuardTuning } from '../guard/options.ts';
import type { HoldfastApi } from './api.ts';
import { registerCommands } from './commands.ts';
import { Documents } from './documents.ts';
import { HealthView } from './health-view.ts';
import type { InspectorPanel } from './inspector-panel.ts';
import type { InspectorServer } from './inspector-server.ts';
import { languageStatus } from './language-status.ts';
import { LogChannel } from './log-channel.ts';
import { Hovers } from './marks/hovers.ts';
import { Marks } from './marks/marks.ts';
import { QuickFixes } from './marks/quick-fixes.ts';
import { settingsDocuments } from './marks/settings-files.ts';
import { Notifications } from './notifications.ts';
import { OldSettingsOffer } from './old-settings.ts';
import { OwnSettings } from './own-settings.ts';
import { Registry } from './registry.ts';
import { Rescue } from './rescue.ts';
import { StatusBar } from './status-bar.ts';
import { Telemetry } from './telemetry.ts';

/** Holdfast, the extension: shows and drives the services of all extensions that use the library. */
export function activate(context: vscode.ExtensionContext): HoldfastApi {
  const started = performance.now();
  const { version } = context.extension.packageJSON as { version: string };
  const log = new LogChannel();
  const registry = new Registry(log);
  const own = new OwnSettings(context);
  const documents = new Documents(registry);
  const marks = new Marks(registry, own, context.globalStorageUri);
  const rescue = new Rescue(registry, marks.files, () => own.get('failedWrites.waitFor') * 1_000);

  context.subscriptions.push(
    log,
    own,
    registry,
    documents,
    marks,
    vscode.languages.registerCodeActionsProvider(settingsDocuments, new QuickFixes(marks), { providedCodeActionKinds: QuickFixes.kinds }),
    vscode.languages.registerHoverProvider(settingsDocuments, new Hovers(marks)),
    vscode.commands.registerCommand('holdfast.openInspector', inspectorOpener(context, registry)),
    vscode.commands.registerCommand('holdfast.shareInspector', inspectorSharer(context, registry, own)),
    new StatusBar(registry, own),
    new HealthView(registry),
    languageStatus(registry, marks),
    rescue,
    new Notifications(registry, rescue, own),
    new Telemetry(registry, own, log, version),
    new OldSettingsOffer(registry, own),
    ...registerCommands({ registry, documents, log, marks, version }),
    ...watchForEvidence(registry),
    ...obey(own, registry, log),
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

/** The server for other inspectors is made when somebody asks for it. */
function inspectorSharer(context: vscode.ExtensionContext, registry: Registry, own: OwnSettings): () => Promise<void> {
  let server: Promise<InspectorServer> | undefined;
  const load = async (): Promise<InspectorServer> => {
    const later = await import('./later.ts');
    const made = new later.InspectorServer(registry, own);
    context.subscriptions.push(made);
    return made;
  };
  return async () => (await (server ??= load())).share();
}

/** What the settings say is so at once, and whenever they change. */
function obey(own: OwnSettings, registry: Registry, log: LogChannel): vscode.Disposable[] {
  const obeyed = (): void => {
    log.level = own.get('log.level');
    for (const { alerts } of registry.watched) alerts.configure({ raiseAt: own.get('alerts.errorRate') / 100 });
    // Services of older versions keep what their extensions have chosen.
    for (const service of [own.service, ...registry.services]) service?.configure?.(tuning(own));
  };
  obeyed();
  return [
    own.onDidChange(obeyed),
    registry.onDidRegister(obeyed),
    registry.onDidChange(({ event }) => {
      const inTrouble = event?.type === 'breaker' && event.to === 'OPEN';
      if (inTrouble && own.get('inspector.openOnTrouble')) void vscode.commands.executeCommand('holdfast.openInspector');
    }),
  ];
}

/** What the settings say of breakers and retries; what they leave open is each extension's own choice. */
function tuning(own: OwnSettings): GuardTuning {
  const seconds = (key: 'breaker.openFor' | 'retry.delay'): number | undefined => {
    const value = own.get(key);
    return value === null ? undefined : value * 1_000;
  };
  const openFor = seconds('breaker.openFor');
  const initialDelay = seconds('retry.delay');
  const threshold = own.get('breaker.threshold');
  const attempts = own.get('retry.attempts');
  return {
    breaker: { ...(threshold === null ? {} : { threshold }), ...(openFor === undefined ? {} : { openFor }) },
    retry: { ...(attempts === null ? {} : { attempts }), ...(initialDelay === undefined ? {} : { initialDelay }) },
  };
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
