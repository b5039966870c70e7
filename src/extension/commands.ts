import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { errorFacts } from '../observe/error-facts.ts';
import { member } from '../observe/safe-data.ts';
import type { BreakerStatus } from '../service/service.ts';
import type { Target } from '../store/store.ts';
import { chooseBreaker, chooseService, type Subject } from './choose.ts';
import type { Documents } from './documents.ts';
import { editSetting } from './edit-setting.ts';
import { whatHappened, whatToDo } from './error-text.ts';
import type { LogChannel } from './log-channel.ts';
import type { Marks } from './marks/marks.ts';
import { convertOldSettings, oldSettingsCount } from './old-settings.ts';
import type { Registry } from './registry.ts';
import type { Rescue } from './rescue.ts';
import { remedyItems, resolveWrites } from './resolve-writes.ts';
import type { WatchedService } from './watched-service.ts';
import { healthName, originName } from './words.ts';

export interface CommandTools {
  readonly registry: Registry;
  readonly documents: Documents;
  readonly log: LogChannel;
  readonly marks: Marks;
  readonly rescue: Rescue;
  /** Of this extension. */
  readonly version: string;
}

/** The commands of the palette. Each takes a `Subject` from whoever knows it, and asks else. */
export function registerCommands(tools: CommandTools): vscode.Disposable[] {
  const { registry, documents, log } = tools;
  const command = (name: string, run: (subject?: Subject) => unknown): vscode.Disposable => (
    vscode.commands.registerCommand(`holdfast.${name}`, (subject?: Subject) => reporting(log, () => run(subject)))
  );
  const always = (): boolean => true;
  return [
    command('showHealth', () => documents.show('Health')),
    command('showMetrics', () => documents.show('Metrics')),
    command('showLog', () => log.show()),
    command('showActions', (subject) => showActions(tools, subject)),
    command('resolveWrites', (asked) => resolveWrites(tools.rescue, asked)),
    command('reset', (subject) => onBreaker(registry, 'Reset', subject, always, (service, file) => service.reset(file))),
    command('probe', (subject) => onBreaker(registry, 'Probe Now', subject, isWaiting, (service, file) => service.probe(file))),
    command('holdOpen', (subject) => onBreaker(registry, 'Hold Open', subject, isNotHeld, (service, file) => service.hold(file))),
    command('release', (subject) => onBreaker(registry, 'Release', subject, isHeld, (service, file) => service.release(file))),
    command('reload', (subject) => reload(registry, subject)),
    command('restoreDefaults', (subject) => restoreDefaults(registry, subject)),
    command('convertOldSettings', (subject) => convertOldSettings(registry, tools.marks, subject)),
    command('exportDiagnostics', () => exportDiagnostics(tools)),
    command('copyDiagnostics', () => copyDiagnostics(tools)),
    command('demo', async () => (await import('./later.ts')).demo(registry)),
    command('editSetting', (subject) => editSetting(registry, subject)),
  ];
}

const isHeld = ({ held }: BreakerStatus): boolean => held;
const isNotHeld = ({ held }: BreakerStatus): boolean => !held;
const isWaiting = ({ mode, held }: BreakerStatus): boolean => mode === 'OPEN' && !held;

type BreakerCommand = 'Reset' | 'Probe Now' | 'Hold Open' | 'Release';

const names = (): Readonly<Record<BreakerCommand, string>> => ({
  'Reset': l10n.t('Reset'),
  'Probe Now': l10n.t('Probe Now'),
  'Hold Open': l10n.t('Hold Open'),
  'Release': l10n.t('Release'),
});

const nothingToDo = (): Readonly<Record<BreakerCommand, string>> => ({
  'Reset': '',
  'Probe Now': l10n.t('no circuit breaker is waiting to probe'),
  'Hold Open': l10n.t('all circuit breakers are held open already'),
  'Release': l10n.t('no circuit breaker is held open'),
});
const done = (): Readonly<Record<BreakerCommand, string>> => ({
  'Reset': l10n.t('circuit breakers closed'),
  'Probe Now': l10n.t('the next write is a probe'),
  'Hold Open': l10n.t('writes are refused until you release them'),
  'Release': l10n.t('the next write is a probe'),
});
const doneToGuard = (): Readonly<Record<BreakerCommand, string>> => ({
  'Reset': l10n.t('circuit breakers closed'),
  'Probe Now': l10n.t('the next call is a probe'),
  'Hold Open': l10n.t('calls are refused until you release them'),
  'Release': l10n.t('the next call is a probe'),
});

async function onBreaker(
  registry: Registry,
  title: BreakerCommand,
  subject: Subject | undefined,
  concerned: (breaker: BreakerStatus) => boolean,
  act: (service: WatchedService['service'], file: string | undefined) => void,
): Promise<void> {
  const watched = await chooseService(registry, `Holdfast: ${names()[title]}`, subject, true);
  if (watched === undefined) return;
  const all = watched.service.breakers();
  const breakers = all.filter(concerned);
  // A service that has written nothing has no breaker yet; to hold or reset it is possible all the same.
  const possible = breakers.length > 0 || title === 'Reset' || (title === 'Hold Open' && all.length === 0);
  if (!possible) {
    say(watched, nothingToDo()[title]);
    return;
  }
  const chosen = await chooseBreaker(breakers, `Holdfast: ${names()[title]}`, subject);
  if (chosen === undefined) return;
  act(watched.service, chosen.file);
  say(watched, (watched.isGuard ? doneToGuard() : done())[title]);
}

async function reload(registry: Registry, subject: Subject | undefined): Promise<void> {
  const watched = await chooseService(registry, `Holdfast: ${l10n.t('Reload')}`, subject);
  if (watched === undefined) return;
  await watched.service.reload?.();
  say(watched, l10n.t('read again, {0}', healthName(watched.view.health)));
}

async function restoreDefaults(registry: Registry, subject: Subject | undefined): Promise<void> {
  const watched = await chooseService(registry, `Holdfast: ${l10n.t('Restore Defaults')}`, subject);
  if (watched === undefined) return;
  const stored = storedKeys(watched);
  const target = await chooseTarget(stored);
  if (target === undefined) {
    if (stored.size === 0) say(watched, l10n.t('nothing is stored: all settings have their defaults'));
    return;
  }
  const keys = stored.get(target)!;
  const names = watched.namesOf({ keys });
  const answer = await vscode.window.showWarningMessage(
    keys.length === 1
      ? l10n.t('Remove one value of "{0}" from the {1}?', watched.label, originName(target))
      : l10n.t('Remove {0} values of "{1}" from the {2}?', keys.length, watched.label, originName(target)),
    { modal: true, detail: l10n.t('All or nothing: {0}.', names) },
    l10n.t('Restore Defaults'),
  );
  if (answer === undefined) return;
  const title = l10n.t('Restoring the defaults of {0}', watched.label);
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () => watched.service.restoreDefaults!({ target }));
  say(watched, l10n.t('defaults restored'));
}

/** The settings that have a value, by the target that holds it. */
function storedKeys({ service }: WatchedService): Map<Target, string[]> {
  const stored = new Map<Target, string[]>();
  for (const key of service.definition.keys) {
    const { layers } = service.inspect(key);
    for (const target of ['user', 'workspace'] as const) {
      if (layers[target] !== undefined) stored.set(target, [...stored.get(target) ?? [], key]);
    }
  }
  return stored;
}

async function chooseTarget(stored: ReadonlyMap<Target, readonly string[]>): Promise<Target | undefined> {
  if (stored.size <= 1) return [...stored.keys()][0];
  const items = [...stored].map(([target, keys]) => ({ label: originName(target), description: keys.join(', '), target }));
  return (await vscode.window.showQuickPick(items, { title: `Holdfast: ${l10n.t('Restore Defaults')}`, placeHolder: l10n.t('In which settings?') }))?.target;
}

async function exportDiagnostics({ registry, version }: CommandTools): Promise<void> {
  const name = `holdfast-diagnostics-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: l10n.t('Export Diagnostics'),
    filters: { JSON: ['json'] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (uri === undefined) return;
  const { diagnostics } = await import('./diagnostics.ts');
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(await diagnostics(registry, version)));
  const open = l10n.t('Open');
  void vscode.window.showInformationMessage(l10n.t('The diagnostics file is written. It holds no value of any setting.'), open).then((choice) => {
    if (choice === open) void vscode.window.showTextDocument(uri);
  });
}

async function copyDiagnostics({ registry, version }: CommandTools): Promise<void> {
  const { diagnostics } = await import('./diagnostics.ts');
  await vscode.env.clipboard.writeText(await diagnostics(registry, version));
  vscode.window.setStatusBarMessage(l10n.t('Holdfast: the diagnostics are in the clipboard. They hold no value of any setting.'), 5_000);
}

interface Action extends vscode.QuickPickItem {
  readonly command?: string;
  /** What the command is given. Default: the subject. */
  readonly argument?: unknown;
}

/** What can be done now: only what makes sense in the present state. */
async function showActions({ registry, rescue }: CommandTools, subject: Subject | undefined): Promise<void> {
  const breakers = registry.watched.flatMap(({ view }) => view.breakers);
  const troubled = registry.watched.some(({ view }) => view.health !== 'healthy');
  const when = (condition: boolean, action: Action): Action[] => (condition ? [action] : []);
  const actions: Action[] = [
    ...remedyItems(rescue).map(({ answer, ...item }) => ({ ...item, ...(answer === undefined ? {} : { command: 'holdfast.resolveWrites', argument: answer }) })),
    ...when(rescue.questions.length > 0, { label: l10n.t('Show'), kind: vscode.QuickPickItemKind.Separator }),
    { label: `$(pulse) ${l10n.t('Show Health')}`, command: 'holdfast.showHealth' },
    { label: `$(graph) ${l10n.t('Show Metrics')}`, command: 'holdfast.showMetrics' },
    { label: `$(output) ${l10n.t('Show Log')}`, command: 'holdfast.showLog' },
    { label: l10n.t('Settings'), kind: vscode.QuickPickItemKind.Separator },
    { label: `$(go-to-file) ${l10n.t('Open settings.json')}`, command: 'workbench.action.openSettingsJson' },
    { label: `$(refresh) ${l10n.t('Reload')}`, description: l10n.t('read the settings again'), command: 'holdfast.reload' },
    ...when(registry.watched.some((watched) => oldSettingsCount(watched) > 0), { label: `$(history) ${l10n.t('Convert Old Settings')}`, description: l10n.t('those of earlier versions'), command: 'holdfast.convertOldSettings' }),
    ...when(registry.watched.some(({ isGuard }) => !isGuard), { label: `$(discard) ${l10n.t('Restore Defaults…')}`, command: 'holdfast.restoreDefaults' }),
    { label: l10n.t('Circuit breakers'), kind: vscode.QuickPickItemKind.Separator },
    ...when(breakers.some(isWaiting), { label: `$(debug-step-over) ${l10n.t('Probe Now')}`, description: l10n.t('let the next write try'), command: 'holdfast.probe' }),
    ...when(breakers.some(isHeld), { label: `$(debug-continue) ${l10n.t('Release')}`, description: l10n.t('let writes through again'), command: 'holdfast.release' }),
    ...when(breakers.length === 0 || breakers.some(isNotHeld), { label: `$(debug-pause) ${l10n.t('Hold Open')}`, description: l10n.t('refuse all writes until released'), command: 'holdfast.holdOpen' }),
    ...when(troubled, { label: `$(debug-restart) ${l10n.t('Reset')}`, description: l10n.t('close the breakers, start again what was given up'), command: 'holdfast.reset' }),
    { label: l10n.t('For the extension’s author'), kind: vscode.QuickPickItemKind.Separator },
    { label: `$(save-as) ${l10n.t('Export Diagnostics…')}`, command: 'holdfast.exportDiagnostics' },
  ];
  const chosen = await vscode.window.showQuickPick(actions, { title: 'Holdfast' });
  const argument = chosen?.argument ?? subject;
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command, ...(argument === undefined ? [] : [argument]));
}

function say({ label }: WatchedService, message: string): void {
  vscode.window.setStatusBarMessage(`Holdfast: ${label}: ${message}`, 5_000);
}

/** A command that fails says why, once. */
async function reporting(log: LogChannel, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    const facts = errorFacts(error);
    // Of a write that waited the user has been told, and has declined.
    if (member(member(error, 'context'), 'declined') === true) return;
    log.error(`A command failed: ${facts.name}`);
    void vscode.window.showErrorMessage(`Holdfast: ${[whatHappened(facts), whatToDo(facts)].filter(Boolean).join(' ')}`);
  }
}
