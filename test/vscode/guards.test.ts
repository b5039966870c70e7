import { expect } from 'chai';
import * as vscode from 'vscode';
import { createGuard, superviseGuard } from '../../src/vscode.ts';
import { guardsAreVisible } from './guards-in-vscode.ts';
import { fixtureContext, resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

describe('A guard in VS Code', () => {
  guardsAreVisible();

  it('P107 says nothing of settings that begin with its name', async () => {
    const api = await vscode.extensions.getExtension<{ register(service: unknown): vscode.Disposable }>('holdfast.holdfast')!.activate();
    const { extension } = await fixtureContext();
    const guard = createGuard({ name: 'git' });
    const supervised = superviseGuard({ subscriptions: [], extension }, guard);
    const service = await superviseFixture();
    const registration = api.register(service);
    await resetSettings();
    writeSettings('{ "git.enabled": true, "fixture.count": 90 }');
    const marks = (): string[] => vscode.languages.getDiagnostics(vscode.Uri.file(settingsFile())).filter(({ source }) => source === 'Holdfast').map(({ message }) => message);
    await until('what is wrong is marked', () => marks().length > 0);
    expect(marks()).to.have.length(1);
    expect(marks()[0]).to.contain('fixture.count');
    registration.dispose();
    await service.dispose();
    supervised.dispose();
    await resetSettings();
  });
});
