import { expect } from 'chai';
import * as vscode from 'vscode';
import type { SettingsChange } from '../../src/service/reads/settings-change.ts';
import { folder, resetSettings, superviseFixture, until, writeSettings } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

describe('Reading in VS Code as extensions read', () => {
  let service: Service;
  let document: vscode.TextDocument;

  before(async () => {
    const uri = vscode.Uri.joinPath(folder().uri, 'reading.ts');
    await vscode.workspace.fs.writeFile(uri, Buffer.from('\n'));
    document = await vscode.workspace.openTextDocument(uri);
  });

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    await service.dispose();
  });

  after(async () => {
    await vscode.workspace.fs.delete(document.uri);
    await resetSettings();
  });

  const scopes = (): readonly vscode.ConfigurationScope[] => [document, document.uri, folder(), { uri: document.uri, languageId: 'css' }, { languageId: 'typescript' }];

  it('P34 get and section take each scope of VS Code, and give what VS Code gives', async () => {
    writeSettings(JSON.stringify({
      'fixture.count': 7, 'fixture.perFolder': 'here', 'fixture.limits': { low: 2 }, '[typescript]': { 'fixture.perLanguage': 9 }, '[css]': { 'fixture.perLanguage': 8 },
    }));
    await until('the file is read', () => service.get('count') === 7 && service.get('perLanguage', document) === 9);
    for (const scope of scopes()) {
      const theirs = vscode.workspace.getConfiguration('fixture', scope);
      for (const key of ['count', 'perFolder', 'perLanguage', 'limits'] as const) expect(service.get(key, scope), key).to.deep.equal(plain(theirs.get(key)));
      const all = vscode.workspace.getConfiguration(undefined, scope).get<Record<string, unknown>>('fixture')!;
      for (const [key, value] of Object.entries(service.section(scope))) expect(value, key).to.deep.equal(plain(all[key]));
    }
    expect([service.get('perLanguage', document), service.get('perLanguage', document.uri), service.section({ languageId: 'css' }).perLanguage]).to.deep.equal([9, 4, 8]);
  });

  it('F32 the body of a listener of VS Code’s own event is the body of one of onDidChangeAny', async () => {
    const theirs: boolean[][] = [];
    const ours: boolean[][] = [];
    const body = (heard: boolean[][]) => (event: Pick<vscode.ConfigurationChangeEvent, 'affectsConfiguration'>): void => {
      const names = ['fixture', 'fixture.perLanguage', 'fixture.count', 'editor'];
      heard.push(names.flatMap((name) => [event.affectsConfiguration(name), event.affectsConfiguration(name, document), event.affectsConfiguration(name, { languageId: 'css' })]));
    };
    const subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('fixture')) body(theirs)(event);
    });
    service.onDidChangeAny((change: SettingsChange) => body(ours)(change));
    try {
      await service.update('perLanguage', 11, { target: 'workspace', scope: { languageId: 'typescript' } });
      await service.update('count', 9, { target: 'workspace' });
      expect(ours).to.deep.equal(theirs);
      expect(ours.map((heard) => heard[3])).to.deep.equal([true, false]);
    } finally {
      subscription.dispose();
    }
  });

  it('P20 update takes a scope of VS Code', async () => {
    await service.update('perLanguage', 12, { target: 'workspace', scope: { languageId: document.languageId } });
    await service.update('perFolder', 'there', { target: 'workspace', scope: document.uri });
    const theirs = vscode.workspace.getConfiguration('fixture', document);
    expect([theirs.get('perLanguage'), theirs.get('perFolder'), service.get('perLanguage', document)]).to.deep.equal([12, 'there', 12]);
  });
});
