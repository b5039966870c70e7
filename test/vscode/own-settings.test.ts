import { expect } from 'chai';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import { resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

describe('The settings of Holdfast itself', () => {
  beforeEach(resetSettings);
  afterEach(resetSettings);

  it('are obeyed live: marks go and come without a reload', async () => {
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const service = await superviseFixture();
    const registration = api.register(service);
    const marks = (): string[] => vscode.languages.getDiagnostics(vscode.Uri.file(settingsFile())).filter(({ source }) => source === 'Holdfast').map(({ message }) => message);
    writeSettings('{ "fixture.count": 90 }');
    await until('the value is marked', () => marks().length === 1);
    writeSettings('{ "fixture.count": 90, "holdfast.marks.enabled": false }');
    await until('the mark is gone', () => marks().length === 0);
    writeSettings('{ "fixture.count": 90, "holdfast.marks.enabled": true }');
    await until('the mark is back', () => marks().length === 1);
    registration.dispose();
    await service.dispose();
  });

  it('are marked like any other when they are not legal', async () => {
    writeSettings('{ "holdfast.alerts.delay": 1000 }');
    const marks = (): string[] => vscode.languages.getDiagnostics(vscode.Uri.file(settingsFile())).filter(({ source }) => source === 'Holdfast').map(({ message }) => message);
    await until('the value is marked', () => marks().length === 1);
    expect(marks()[0]).to.contain('holdfast.alerts.delay must be a number from 0 to 600. 5 is used instead');
  });
});
