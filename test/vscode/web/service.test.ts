import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../../src/errors.ts';
import { rejection, superviseFixture, until } from '../fixture-service.ts';
import { readSettings, resetSettings, settingsFile, settingsText, type, writeSettings } from './settings-json.ts';

const workspace = { target: 'workspace' } as const;

describe('The service in the browser', () => {
  let service: Awaited<ReturnType<typeof superviseFixture>>;
  const mode = (): string | undefined => service.breakers()[0]?.mode;

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    await service.dispose();
    await resetSettings();
  });

  it('P20 a resolved update is stored in settings.json, and seen by get, inspect and VS Code', async () => {
    expect(await service.update('count', 5, workspace)).to.deep.equal({ outcome: 'stored', target: 'workspace' });
    expect(service.get('count')).to.equal(5);
    expect(service.inspect('count')).to.deep.include({ value: 5, origin: 'workspace' });
    expect(vscode.workspace.getConfiguration('fixture').get('count')).to.equal(5);
    expect(await readSettings()).to.deep.equal({ 'fixture.count': 5 });
  });

  it('P20 in the user settings too', async () => {
    await service.update('count', 6);
    expect(vscode.workspace.getConfiguration('fixture').inspect('count')?.globalValue).to.equal(6);
    expect(service.get('count')).to.equal(6);
  });

  it('P24, P28 transactions and update functions lose nothing', async () => {
    await service.updateAll({ count: 7, name: 'seven' }, workspace);
    await Promise.all(Array.from({ length: 5 }, (_, i) => service.update('recent', (list) => [...list, `item ${i}`], workspace)));
    expect(await readSettings()).to.deep.equal({ 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': Array.from({ length: 5 }, (_, i) => `item ${i}`) });
  });

  it('P30 garbage falls back to the last good value, alone, and the comments of settings.json stay', async () => {
    await service.update('count', 7, workspace);
    await writeSettings('{\n  // mine\n  "fixture.count": "many",\n  "fixture.name": "live"\n}\n');
    await until('the neighbour is served', () => service.get('name') === 'live');
    // A value that is replaced waits for the look at the file, which is elsewhere; one that is new does not.
    await until('the garbage is told of', () => service.issues.some(({ key }) => key === 'count'));
    expect(service.get('count')).to.equal(7);
    expect(service.issues.map(({ key }) => key)).to.deep.equal(['count']);
    await service.update('count', 8, workspace);
    expect(service.issues).to.deep.equal([]);
    expect(await settingsText()).to.contain('// mine').and.to.contain('"fixture.count": 8');
  });

  it('P30 a settings.json that does not parse costs no value, and writes say where', async () => {
    await service.update('count', 7, workspace);
    await writeSettings('{ "fixture.count": 7, oops');
    const error = await rejection(service.update('count', 8, workspace));
    expect(error).to.be.instanceOf(StoreError).that.includes({ reason: 'invalid-file' });
    expect((error as StoreError).message).to.match(/line 1/);
    expect(service.get('count')).to.equal(7);
    await writeSettings('{ "fixture.count": 9 }');
    await until('the mended value is served', () => service.get('count') === 9);
  });

  it('unsaved changes open the breaker, and saving them closes it; parked writes land', async () => {
    await service.dispose();
    // It does not probe by the clock.
    service = await superviseFixture({ guard: { breaker: { openFor: 3_600_000 } } });
    await service.update('count', 4, workspace);
    const document = await vscode.workspace.openTextDocument(settingsFile());
    await vscode.window.showTextDocument(document);
    await until('the document is up to date', async () => !document.isDirty && document.getText() === await settingsText());
    await type(document, '// mine\n{\n  "fixture.count": 4\n}\n');
    for (let i = 0; i < 5; i++) expect(await rejection(service.update('count', 5 + i, workspace))).to.include({ code: 'STORE', reason: 'dirty' });
    expect(mode()).to.equal('OPEN');
    expect(await rejection(service.update('count', 20, workspace))).to.include({ code: 'CIRCUIT_OPEN' });
    const parked = service.update('count', 21, { ...workspace, park: true });
    expect(document.getText(), 'a person’s changes stay').to.contain('// mine');
    expect(service.get('count')).to.equal(4);
    expect(await document.save()).to.equal(true);
    await parked;
    await until('the breaker has closed', () => mode() === 'CLOSED');
    expect(await settingsText()).to.contain('// mine').and.to.contain('"fixture.count": 21');
  });

  it('a settings.json that is newer on disk than in the editor', async () => {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(settingsFile()));
    await writeSettings('{\n  "fixture.name": "outside"\n}\n');
    await service.update('count', 13, workspace);
    expect(await readSettings()).to.deep.equal({ 'fixture.name': 'outside', 'fixture.count': 13 });
  });
});
