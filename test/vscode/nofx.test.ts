import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { NofxApi } from '../../examples/nofx/src/extension.ts';
import { NofxConfiguration } from '../../examples/nofx/src/nofx-configuration.ts';
import { saying } from '../../examples/nofx/src/say.ts';
import { nofx, type NofxSettings } from '../../examples/nofx/src/settings.ts';
import { Worktrees } from '../../examples/nofx/src/worktrees.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { rejection, until } from './supervised.ts';

type Key = keyof NofxSettings;
type Accessor = Exclude<keyof NofxConfiguration, 'isUseWorktrees'>;

/** Every accessor, its setting, and two legal values for it that are not the default. */
const accessors: readonly (readonly [Accessor, Key, unknown, unknown])[] = [
  ['getAiProvider', 'aiProvider', 'aider', 'custom'],
  ['getMaxAgents', 'maxAgents', 7, 50],
  ['getAiPath', 'aiPath', '/opt/ai/bin/agent', 'C:\\Program Files\\agent.exe'],
  ['isAutoAssignTasks', 'autoAssignTasks', false, true],
  ['getTemplatesPath', 'templatesPath', 'templates', '.nofx/more'],
  ['isPersistAgents', 'persistAgents', false, true],
  ['getLogLevel', 'logLevel', 'debug', 'error'],
  ['isShowAgentTerminalOnSpawn', 'showAgentTerminalOnSpawn', true, false],
  ['getClaudeInitializationDelay', 'claudeInitializationDelay', 2.5, 60],
  ['getAgentSpawnDelay', 'agentSpawnDelay', 500, 10_000],
];

const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('nofx', null);
const targets = [vscode.ConfigurationTarget.Workspace, vscode.ConfigurationTarget.Global] as const;

/** Nothing is set; the service has heard of it, or a value of one test would be the last good one of the next. */
async function clear(configuration: NofxConfiguration): Promise<void> {
  for (const key of nofx.keys) {
    const found = settings().inspect(key);
    if (found?.workspaceValue !== undefined) await settings().update(key, undefined, targets[0]);
    if (found?.globalValue !== undefined) await settings().update(key, undefined, targets[1]);
  }
  await until('the defaults are served', () => nofx.keys.every((key) => configuration.get(key) === nofx.defaults[key]));
}

describe('NofX, the example', () => {
  let configuration: NofxConfiguration;
  const read = (accessor: Accessor): unknown => (configuration[accessor] as () => unknown)();

  before(async () => {
    const extension = vscode.extensions.getExtension<NofxApi>('nofx-example.nofx')!;
    ({ configuration } = await extension.activate());
    await clear(configuration);
  });

  afterEach(() => clear(configuration));

  it('serves the defaults of the specification', () => {
    expect(Object.fromEntries(nofx.keys.map((key) => [key, configuration.get(key)]))).to.deep.equal({
      aiProvider: 'claude',
      maxAgents: 3,
      aiPath: '',
      useWorktrees: true,
      autoAssignTasks: true,
      templatesPath: '.nofx/templates',
      persistAgents: true,
      logLevel: 'info',
      showAgentTerminalOnSpawn: false,
      claudeInitializationDelay: 10,
      agentSpawnDelay: 2000,
    });
    for (const [accessor, key] of accessors) expect(read(accessor), accessor).to.equal(nofx.defaults[key]);
  });

  for (const [accessor, key, first, second] of accessors) {
    it(`${accessor} reads nofx.${key}, whoever set it`, async () => {
      await settings().update(key, first, vscode.ConfigurationTarget.Workspace);
      await until(`${accessor} shows what VS Code has stored`, () => read(accessor) === first);
      await configuration.update(key, second as never, { target: 'workspace' });
      expect(read(accessor)).to.equal(second);
      expect(settings().inspect(key)?.workspaceValue).to.equal(second);
      await settings().update(key, undefined, vscode.ConfigurationTarget.Workspace);
      await until(`${accessor} is back at the default`, () => read(accessor) === nofx.defaults[key]);
    });
  }

  it('writes to the user settings when no place holds a value yet, and is shown in the Holdfast extension', async () => {
    expect(await configuration.update('maxAgents', 9)).to.deep.equal({ outcome: 'stored', target: 'user' });
    expect(settings().inspect('maxAgents')?.globalValue).to.equal(9);
    const { services } = vscode.extensions.getExtension<{ services: { id: string }[] }>('holdfast.holdfast')!.exports;
    expect(services.map(({ id }) => id)).to.include('nofx-example.nofx');
  });

  it('P31 lets a garbage value fall back alone', async () => {
    await settings().update('logLevel', 'error', vscode.ConfigurationTarget.Workspace);
    await settings().update('maxAgents', 'many', vscode.ConfigurationTarget.Workspace);
    await until('the neighbour is read', () => configuration.getLogLevel() === 'error');
    expect(configuration.getMaxAgents()).to.equal(3);
    const { checks } = await configuration.healthCheck();
    expect(checks.api.detail).to.contain('maxAgents');
  });

  it('sanitises what is read, and writes nothing but what was asked for', async () => {
    await settings().update('aiProvider', ' Aider ', vscode.ConfigurationTarget.Workspace);
    await until('it is read', () => configuration.getAiProvider() === 'aider');
    expect(settings().get('aiProvider')).to.equal(' Aider ');
    const refused = [
      ['aiPath', '../../etc/passwd'], ['aiPath', 'a|b'], ['templatesPath', '/etc'], ['maxAgents', 51], ['maxAgents', 2.5],
      ['claudeInitializationDelay', 0], ['agentSpawnDelay', 499], ['logLevel', 'loud'], ['aiProvider', 'Aider'],
    ] as const;
    for (const [key, value] of refused) {
      expect(await rejection(configuration.update(key, value)), `${key}: ${value}`).to.include({ code: 'VALIDATION', field: key });
    }
  });

  it('P33 tells of a change once, with the old and the new value', async () => {
    const changes: unknown[][] = [];
    const subscription = configuration.onDidChange('maxAgents', (...change) => changes.push([...change, configuration.getMaxAgents()]));
    await configuration.update('maxAgents', 8);
    await configuration.update('logLevel', 'warn');
    await settings().update('maxAgents', 9, vscode.ConfigurationTarget.Workspace);
    await until('the change of others is told', () => changes.length > 1);
    subscription.dispose();
    await configuration.update('maxAgents', 10, { target: 'workspace' });
    expect(changes).to.deep.equal([[8, 3, 8], [9, 8, 9]]);
  });

  it('counts what it does, and can begin to count again', async () => {
    configuration.resetMetrics();
    await configuration.update('maxAgents', 4);
    await configuration.update('maxAgents', 0).catch(() => undefined);
    expect(configuration.getMetrics()).to.include({ operationCount: 2, successCount: 1, errorCount: 1, rejectionCount: 1 });
    configuration.resetMetrics();
    expect(configuration.getMetrics()).to.include({ operationCount: 0, lastErrorTime: undefined });
  });

  it('is healthy', async () => {
    const { status, checks } = await configuration.healthCheck();
    expect(status, JSON.stringify(checks)).to.equal('healthy');
  });

  it('has a command that changes a setting by what is stored', async () => {
    await configuration.update('maxAgents', 20);
    await Promise.all([1, 2, 3].map(() => vscode.commands.executeCommand('nofx.addAgent')));
    expect(configuration.getMaxAgents()).to.equal(23);
  });

  describe('isUseWorktrees', () => {
    let folder: string;
    const folders: string[] = [];

    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'holdfast-worktrees-'));
      folders.push(folder);
    });

    after(() => {
      for (const each of folders) rmSync(each, { recursive: true });
    });

    async function supervised(workspaceFolder: string | undefined): Promise<NofxConfiguration> {
      const service = new ConfigurationService(nofx, { store: new MemoryStore() });
      await service.ready;
      return new NofxConfiguration(service, new Worktrees(), () => workspaceFolder);
    }

    it('is true in a git repository, and asks git once', async () => {
      execFileSync('git', ['init', '--quiet', folder]);
      const inRepository = await supervised(folder);
      expect(await inRepository.isUseWorktrees()).to.equal(true);
      rmSync(path.join(folder, '.git'), { recursive: true });
      expect(await inRepository.isUseWorktrees()).to.equal(true);
      await inRepository.dispose();
    });

    it('is false when the setting says so', async () => {
      execFileSync('git', ['init', '--quiet', folder]);
      const inRepository = await supervised(folder);
      await inRepository.update('useWorktrees', false);
      expect(await inRepository.isUseWorktrees()).to.equal(false);
      await inRepository.dispose();
    });

    it('is false without a repository, a folder, or git', async () => {
      for (const without of [folder, undefined, path.join(folder, 'gone')]) {
        const elsewhere = await supervised(without);
        expect(await elsewhere.isUseWorktrees()).to.equal(false);
        await elsewhere.dispose();
      }
    });

    it('P40 is false, and not an error, after dispose', async () => {
      execFileSync('git', ['init', '--quiet', folder]);
      const ended = await supervised(folder);
      await ended.dispose();
      expect(await ended.isUseWorktrees()).to.equal(false);
      expect(ended.getMaxAgents()).to.equal(3);
      expect(await rejection(ended.update('maxAgents', 4))).to.include({ code: 'DISPOSED' });
    });

    it('in the window it is what git says of the workspace', async () => {
      const { fsPath } = vscode.workspace.workspaceFolders![0]!.uri;
      expect(await configuration.isUseWorktrees()).to.equal(await new Worktrees().isSupported(fsPath));
    });
  });

  it('F69: offers to release a breaker that an operator holds open, and that helps', async () => {
    const service = new ConfigurationService(nofx, { store: new MemoryStore() });
    await service.ready;
    const { showErrorMessage } = vscode.window;
    const asked: unknown[][] = [];
    Object.assign(vscode.window, { showErrorMessage: (...words: unknown[]) => (asked.push(words), Promise.resolve(words.at(-1))) });
    try {
      service.hold();
      await saying(service, () => 'Stored.', () => service.update('maxAgents', 5));
    } finally {
      Object.assign(vscode.window, { showErrorMessage });
    }
    expect(asked.map(([message, ...buttons]) => [String(message).replace(/^.* is open\. /, ''), ...buttons])).to.deep.equal([
      ['An operator holds the breaker open: release it.', 'Release and Try Again'],
    ]);
    expect(service.get('maxAgents')).to.equal(5);
    await service.dispose();
  });
});
