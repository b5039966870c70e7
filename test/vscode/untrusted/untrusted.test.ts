import { expect } from 'chai';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../../src/extension/api.ts';
import { settingsFile, superviseFixture, until, writeSettings } from '../supervised.ts';

describe('An untrusted workspace', () => {
  it('P52 cannot set what can run code; its other settings are served', async () => {
    expect(vscode.workspace.isTrusted).to.equal(false);
    const service = await superviseFixture();
    writeSettings('{ "fixture.command": "evil", "fixture.count": 7 }');
    await until('the harmless one is served', () => service.get('count') === 7);
    expect(service.get('command')).to.equal('true');
    await service.dispose();
  });

  it('P29 a value stored there says that it is ignored', async () => {
    const service = await superviseFixture();
    const result = await service.update('command', 'mine', { target: 'workspace' });
    expect(result.shadowedBy).to.equal('workspace trust');
    expect(service.get('command')).to.equal('true');
    await service.dispose();
  });

  it('P52 has what it says of them marked, with what counts instead', async () => {
    const service = await superviseFixture();
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const registration = api.register(service);
    writeSettings('{ "fixture.command": "evil" }');
    const marks = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(vscode.Uri.file(settingsFile())).filter(({ source }) => source === 'Holdfast');
    await until('it is marked', () => marks().some(({ message }) => message.startsWith('fixture.command can make code run')));
    expect(marks().map(({ message }) => message)).to.deep.equal([
      'fixture.command can make code run: while the workspace is not trusted, this value is ignored. "true" is used instead (the default).',
    ]);
    registration.dispose();
    await service.dispose();
  });
});
