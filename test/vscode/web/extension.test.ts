import { expect } from 'chai';
import * as vscode from 'vscode';
import type { NofxApi } from '../../../examples/nofx/src/extension.ts';
import type { HoldfastApi } from '../../../src/extension/api.ts';
import { quickFixes, superviseFixture, until } from '../fixture-service.ts';
import { resetSettings, settingsFile, type, writeSettings } from './settings-json.ts';

describe('The Holdfast extension in the browser', () => {
  let api: HoldfastApi;
  let service: Awaited<ReturnType<typeof superviseFixture>>;
  let registration: { dispose(): unknown };

  before(async () => {
    api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
  });

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
    registration = api.register(service);
  });

  afterEach(async () => {
    registration.dispose();
    await service.dispose();
    await resetSettings();
  });

  it('shows the services that are registered, its own among them', async () => {
    expect(api.services.some((other) => other === service)).to.equal(true);
    await until('the example has registered', () => api.services.some(({ id }) => id === 'nofx-example.nofx'));
    registration.dispose();
    expect(api.services.some((other) => other === service)).to.equal(false);
  });

  it('has the commands of its manifest', async () => {
    const { packageJSON } = vscode.extensions.getExtension('holdfast.holdfast')!;
    const contributed = (packageJSON as { contributes: { commands: { command: string }[] } }).contributes.commands.map(({ command }) => command);
    const existing = (await vscode.commands.getCommands(true)).filter((command) => command.startsWith('holdfast.'));
    expect(existing).to.include.members(contributed);
  });

  it('marks an illegal value at its place, and offers the nearest legal one', async () => {
    await writeSettings('{\n  "fixture.count": 90\n}\n');
    const marks = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(settingsFile()).filter(({ source }) => source === 'Holdfast');
    await until('the value is marked', () => marks().length === 1);
    expect(marks()[0]!.message).to.equal('fixture.count must be a whole number from 1 to 50. 3 is used instead (the default).');
    expect(marks()[0]!.range).to.deep.equal(new vscode.Range(1, 19, 1, 21));
    const document = await vscode.workspace.openTextDocument(settingsFile());
    await vscode.window.showTextDocument(document);
    let fix: vscode.CodeAction | undefined;
    await until('a fix is offered', async () => {
      fix = (await quickFixes(settingsFile(), marks()[0]?.range)).find(({ title }) => title.startsWith('Use 50'));
      return fix !== undefined;
    });
    await vscode.workspace.applyEdit(fix!.edit!);
    expect(document.getText()).to.contain('"fixture.count": 50');
    await until('the mark is gone', () => marks().length === 0);
  });

  it('marks while somebody types', async () => {
    const document = await vscode.workspace.openTextDocument(settingsFile());
    await vscode.window.showTextDocument(document);
    await type(document, '{ "fixture.cuont": 4 }\n');
    await until('the name is marked', () => vscode.languages.getDiagnostics(settingsFile()).some(({ message }) => message.includes('Did you mean fixture.count?')));
  });

  it('shows the health of the services, and what can be done', async () => {
    await vscode.commands.executeCommand('holdfast.showHealth', { service: 'fixture' });
    const health = await vscode.workspace.openTextDocument(vscode.Uri.parse('holdfast:/Health.md'));
    expect(health.getText()).to.contain('## ● fixture is healthy');
    await vscode.commands.executeCommand('holdfast.holdOpen', { service: 'fixture' });
    expect(service.breakers()[0]).to.include({ mode: 'OPEN', held: true });
    await vscode.commands.executeCommand('holdfast.reset', { service: 'fixture' });
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', held: false });
  });

  it('opens the State Inspector', async () => {
    await vscode.commands.executeCommand('holdfast.openInspector');
    const open = (): boolean => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs)
      .some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('holdfast.inspector'));
    await until('its panel is open', open);
  });

  it('reads its own settings', async () => {
    await until('they are supervised', () => vscode.extensions.getExtension('holdfast.holdfast')!.isActive);
    expect(vscode.workspace.getConfiguration('holdfast').get('log.level')).to.be.a('string');
  });
});

describe('The NofX example in the browser', () => {
  it('serves and stores its settings; without git it has no worktrees, and says why', async () => {
    const { configuration } = await vscode.extensions.getExtension<NofxApi>('nofx-example.nofx')!.activate();
    expect(configuration.getMaxAgents()).to.equal(3);
    await configuration.update('maxAgents', 4, { target: 'workspace' });
    expect(configuration.getMaxAgents()).to.equal(4);
    await configuration.update('maxAgents', undefined, { target: 'workspace' });
    expect(configuration.get('useWorktrees')).to.equal(true);
    expect(await configuration.isUseWorktrees()).to.equal(false);
    expect(configuration.whyNoWorktrees()).to.equal('Git cannot be run in a browser.');
  });
});
