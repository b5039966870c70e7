import { ValidationError, type ConfigurationService } from 'holdfast';
import * as vscode from 'vscode';
import type { NofxConfiguration } from './nofx-configuration.ts';
import { saying } from './say.ts';
import { nofx, type NofxSettings } from './settings.ts';

type Service = ConfigurationService<NofxSettings>;

/** What a user can do with the settings, each command showing one way to change them. */
export function registerCommands(configuration: NofxConfiguration, service: Service): vscode.Disposable[] {
  const { registerCommand } = vscode.commands;
  return [
    registerCommand('nofx.showConfiguration', () => showConfiguration(configuration, service)),
    registerCommand('nofx.setMaxAgents', () => setMaxAgents(configuration, service)),
    registerCommand('nofx.addAgent', () => addAgent(configuration, service)),
    registerCommand('nofx.useCustomProvider', () => useCustomProvider(configuration, service)),
    registerCommand('nofx.resetMetrics', () => configuration.resetMetrics()),
  ];
}

/** Every setting with its value, where that comes from, and what is wrong with the stored one. */
async function showConfiguration(configuration: NofxConfiguration, service: Service): Promise<void> {
  const items = nofx.keys.map((key) => {
    const { value, origin, problem } = service.inspect(key);
    return {
      key,
      label: key,
      description: JSON.stringify(value),
      detail: [
        problem === undefined ? `from: ${origin}` : `$(warning) the stored value ${problem}; served: ${origin}`,
        ...(key === 'useWorktrees' && configuration.whyNoWorktrees() !== undefined ? [`without effect: ${configuration.whyNoWorktrees()}`] : []),
      ].join(' · '),
    };
  });
  const chosen = await vscode.window.showQuickPick(items, { title: 'NofX: Configuration', matchOnDescription: true });
  if (chosen === undefined) return;
  // Where the value is.
  const settings = service.inspect(chosen.key).layers.workspace === undefined ? 'openSettings2' : 'openWorkspaceSettings';
  await vscode.commands.executeCommand(`workbench.action.${settings}`, { query: `@id:${nofx.section}.${chosen.key}` });
}

/** A plain update. */
async function setMaxAgents(configuration: NofxConfiguration, service: Service): Promise<void> {
  const answer = await vscode.window.showInputBox({
    title: 'NofX: Set Maximum of Agents',
    value: String(configuration.getMaxAgents()),
    validateInput: (text) => problem('maxAgents', Number(text)),
  });
  if (answer === undefined) return;
  const wanted = Number(answer);
  await saying(service, () => `NofX: up to ${wanted} agents`, () => configuration.update('maxAgents', wanted));
}

/** An update that depends on the stored value: nothing is lost when two of them meet. */
async function addAgent(configuration: NofxConfiguration, service: Service): Promise<void> {
  await saying(service, () => `NofX: up to ${configuration.getMaxAgents()} agents`, () => configuration.update('maxAgents', (stored) => stored + 1));
}

/** Two settings that only make sense together: both are stored, or none. */
async function useCustomProvider(configuration: NofxConfiguration, service: Service): Promise<void> {
  const aiPath = await vscode.window.showInputBox({
    title: 'NofX: Use a Custom Assistant',
    prompt: 'Path of the program',
    value: configuration.getAiPath(),
    validateInput: (text) => (text === '' ? 'A custom assistant needs a program.' : problem('aiPath', text)),
  });
  if (aiPath === undefined) return;
  await saying(service, () => 'NofX: custom assistant in use', () => configuration.updateAll({ aiProvider: 'custom', aiPath }));
}

/** Why the value would be refused. */
function problem<K extends keyof NofxSettings>(key: K, value: unknown): string | undefined {
  try {
    nofx.validate(key, value);
    return undefined;
  } catch (error) {
    return error instanceof ValidationError ? error.message : String(error);
  }
}
