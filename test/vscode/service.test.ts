import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import * as vscode from 'vscode';
import { fixture } from './fixture-settings.ts';
import { folder, readSettings, resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;
const workspace = { target: 'workspace' } as const;

describe('The service in VS Code', () => {
  let service: Service;

  after(resetSettings);

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    await service.dispose();
    for (const key of fixture.keys) await vscode.workspace.getConfiguration('fixture', null).update(key, undefined, vscode.ConfigurationTarget.Global);
  });

  it('P20 a resolved update is stored, and seen by get, inspect, VS Code and a fresh reader of the file', async () => {
    const result = await service.update('count', 5, workspace);
    expect(result).to.deep.equal({ outcome: 'stored', target: 'workspace' });
    expect(service.get('count')).to.equal(5);
    expect(service.inspect('count')).to.deep.include({ value: 5, origin: 'workspace' });
    expect(vscode.workspace.getConfiguration('fixture').get('count')).to.equal(5);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 5 });
  });

  it('P20 in the user settings too', async () => {
    await service.update('count', 6);
    expect(vscode.workspace.getConfiguration('fixture').inspect('count')?.globalValue).to.equal(6);
    expect(service.get('count')).to.equal(6);
  });

  it('P22 undefined removes the value at the target', async () => {
    await service.update('count', 5, workspace);
    await service.update('count', undefined, workspace);
    expect(readSettings()).to.deep.equal({});
    expect(service.get('count')).to.equal(3);
  });

  it('P23 overlapping updates are applied in order; what waits for one key is one write', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => service.update('count', i + 1, workspace)));
    expect(results.at(-1)).to.deep.equal({ outcome: 'stored', target: 'workspace' });
    expect(readSettings()).to.deep.equal({ 'fixture.count': 20 });
  });

  it('P28 overlapping update functions lose nothing', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, i) => service.update('recent', (list) => [...list, `item ${i}`], workspace)));
    expect(readSettings()['fixture.recent']).to.deep.equal(Array.from({ length: 10 }, (_, i) => `item ${i}`));
  });

  it('P24 a transaction is stored whole, and a failing one leaves everything as it was', async () => {
    await service.updateAll({ count: 7, name: 'seven', recent: ['x'] }, workspace);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['x'] });
    const error: unknown = await service.updateAll({ count: 8, application: true }, workspace).catch((reason: unknown) => reason);
    // One save: there was never a part of it to be undone.
    expect(error).to.include({ code: 'STORE', reason: 'scope' });
    expect(readSettings()).to.deep.equal({ 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['x'] });
    expect(service.get('count')).to.equal(7);
  });

  it('P29 stored, but shadowed by a higher layer: both are said', async () => {
    await service.update('count', 5, workspace);
    const result = await service.update('count', 9, { target: 'user' });
    expect(result).to.deep.equal({ outcome: 'stored', target: 'user', shadowedBy: 'workspace' });
    expect(service.get('count')).to.equal(5);
  });

  it('P31 a garbage value falls back alone, and is reported', async () => {
    await service.update('count', 5, workspace);
    writeSettings('{ "fixture.count": "five", "fixture.name": "  Mixed " }');
    await until('the neighbour is served', () => service.get('name') === 'mixed');
    expect(service.get('count')).to.equal(5);
    expect(service.issues).to.deep.include({ key: 'count', problem: 'must be a `number` type', layer: 'workspace', served: 'last good value' });
    expect(service.status).to.equal('degraded');
  });

  it('P32 objects come as frozen plain data, not as VS Code’s proxies', async () => {
    await service.update('options', { a: { b: 1 } }, workspace);
    const options = service.get('options') as { a: { b: number } };
    expect(Object.isFrozen(options) && Object.isFrozen(options.a)).to.equal(true);
    expect(structuredClone(options)).to.deep.equal({ a: { b: 1 } });
  });

  it('P33 tells once of each real change, also of one from outside', async () => {
    const heard: unknown[] = [];
    service.onDidChange('count', (now, before) => heard.push([before, now, service.get('count')]));
    await service.update('count', 5, workspace);
    await service.update('count', 5, workspace);
    writeSettings('{ "fixture.count": 6 }');
    await until('the change from outside is served', () => service.get('count') === 6);
    writeSettings('{ "fixture.count": 6, "fixture.name": "x" }');
    await until('the neighbour is served', () => service.get('name') === 'x');
    expect(heard).to.deep.equal([[3, 5, 5], [5, 6, 6]]);
  });

  it('P34 scopes and languages resolve exactly as VS Code’s own', async () => {
    const resource = vscode.Uri.joinPath(folder().uri, 'src', 'a.ts').toString();
    await service.update('perLanguage', 2, workspace);
    await service.update('perLanguage', 8, { ...workspace, languageId: 'typescript' });
    await service.update('perLanguage', 6, { target: 'user', languageId: 'python' });
    await service.update('perFolder', 'here', { target: 'folder', resource });
    await service.update('options', { user: 1, both: 'user' }, { target: 'user' });
    await service.update('options', { workspace: 1, both: 'workspace' }, workspace);
    for (const scope of [{}, { resource }, { languageId: 'typescript' }, { languageId: 'python' }, { resource, languageId: 'typescript' }, { resource, languageId: 'go' }]) {
      const theirs = vscode.workspace.getConfiguration('fixture', {
        ...('resource' in scope ? { uri: vscode.Uri.parse(scope.resource) } : {}),
        ...('languageId' in scope ? { languageId: scope.languageId } : {}),
      } as { languageId: string });
      for (const key of fixture.keys) {
        expect(service.get(key, scope), `${key} for ${JSON.stringify(scope)}`).to.deep.equal(JSON.parse(JSON.stringify(theirs.get(key))));
      }
    }
  });

  it('keeps the comments of settings.json', async () => {
    writeSettings('{\n  // why it is so\n  "fixture.count": 5 // five\n}\n');
    await until('the value is served', () => service.get('count') === 5);
    await service.update('count', 6, workspace);
    expect(readFileSync(settingsFile(), 'utf8')).to.equal('{\n  // why it is so\n  "fixture.count": 6 // five\n}\n');
  });

  it('P51 a secret is masked wherever it is shown', async () => {
    await service.update('token', 'hunter2', workspace);
    expect(service.get('token')).to.equal('hunter2');
    expect(JSON.stringify(service.inspect('token'))).not.to.contain('hunter2');
  });

  it('P40 leaves nothing to be told after dispose, and reads go on', async () => {
    await service.update('count', 5, workspace);
    await service.dispose();
    await service.dispose();
    expect(service.get('count')).to.equal(5);
    const error: unknown = await service.update('count', 6, workspace).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'DISPOSED' });
    expect(readSettings()).to.deep.equal({ 'fixture.count': 5 });
  });
});
