import * as vscode from 'vscode';
import { disposeQuietly } from '../disposal.ts';
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
  try {
    return start(context);
  } catch (error) {
    // VS Code disposes of nothing when an extension fails to start.
    disposeQuietly(context.subscriptions.splice(0));
    throw error;
  }
}

/** Everything is disposed of with the context. */
export function deactivate(): void {}

function start(context: vscode.ExtensionContext): Registry {
  const started = performance.now();
  const { version } = context.extension.packageJSON as { version: string };
  const keep = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  const log = keep(new LogChannel());
  const registry = keep(new Registry(log));
  const own = keep(new OwnSettings(context));
  const documents = keep(new Documents(registry));
  const marks = keep(new Marks(registry, own, context.globalStorageUri));
  const rescue = keep(new Rescue(registry, marks.files, () => own.get('failedWrites.waitFor') * 1_000));

  keep(vscode.languages.registerCodeActionsProvider(settingsDocuments, new QuickFixes(marks), { providedCodeActionKinds: QuickFixes.kinds }));
  keep(vscode.languages.registerHoverProvider(settingsDocuments, new Hovers(marks)));
  keep(vscode.commands.registerCommand('holdfast.openInspector', inspectorOpener(context, registry)));
  keep(vscode.commands.registerCommand('holdfast.shareInspector', inspectorSharer(context, registry, own)));
  keep(new StatusBar(registry, own));
  keep(new HealthView(registry));
  keep(languageStatus(registry, marks));
  keep(new Notifications(registry, rescue, own));
  keep(new Telemetry(registry, own, log, version));
  keep(new OldSettingsOffer(registry, own));
  registerCommands({ registry, documents, log, marks, rescue, version }).forEach(keep);
  watchForEvidence(registry).forEach(keep);
  obey(own, registry, log).forEach(keep);
  log.info(`Holdfast ${version} activated in ${(performance.now() - started).toFixed(1)} ms.`);
  return registry;
}

/** The inspector brings xstate and more with it: it is loaded when it is first opened, so that the start stays fast. */
function inspectorOpener(context: vscode.ExtensionContext, registry: Registry): () => Promise<void> {
  let inspector: Promise<InspectorPanel> | undefined;
  const load = async (): Promise<InspectorPanel> => {
    const later = await import('./later.ts');
    const panel = new later.InspectorPanel(context, registry);
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
