import { renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import * as vscode from 'vscode';
import { settlingTime, type Scope } from '../../src/store/store.ts';
import { fixture } from './fixture-settings.ts';
import { elapse, folder, resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;
type Key = (typeof fixture.keys)[number];
const { Global, Workspace } = vscode.ConfigurationTarget;

describe('Reads while settings change in VS Code', () => {
  let service: Service;
  const subscriptions: vscode.Disposable[] = [];
  const scopes = (): readonly (Scope | undefined)[] => [undefined, { resource: vscode.Uri.joinPath(folder().uri, 'a.ts').toString() }, { languageId: 'typescript' }];
  const theirs = (key: Key, scope: Scope | undefined): unknown => {
    const uri = scope?.resource === undefined ? {} : { uri: vscode.Uri.parse(scope.resource) };
    const configuration = vscode.workspace.getConfiguration('fixture', scope === undefined ? null : { ...uri, languageId: scope.languageId } as { languageId: string });
    return JSON.parse(JSON.stringify(configuration.get(key)));
  };

  after(resetSettings);

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    for (const subscription of subscriptions.splice(0)) subscription.dispose();
    await service.dispose();
    for (const key of ['count', 'perLanguage'] as const) await vscode.workspace.getConfiguration('fixture', null).update(key, undefined, Global);
  });

  it('F33 get in VS Code’s own event gives what VS Code gives: for the window, a file and a language', async () => {
    const seen: string[] = [];
    const wrong: unknown[] = [];
    subscriptions.push(vscode.workspace.onDidChangeConfiguration((event) => {
      for (const key of ['count', 'perFolder', 'perLanguage', 'recent'] as const) {
        if (!event.affectsConfiguration(`fixture.${key}`)) continue;
        for (const scope of scopes()) {
          const [ours, expected] = [service.get(key, scope), theirs(key, scope)];
          seen.push(`${key} ${JSON.stringify(expected)}`);
          if (JSON.stringify(ours) !== JSON.stringify(expected)) wrong.push({ key, scope, ours, expected });
        }
      }
    }));
    const update = async (key: Key, value: unknown, target: vscode.ConfigurationTarget, languageId?: string): Promise<void> => {
      const scope = languageId === undefined ? null : { languageId };
      await vscode.workspace.getConfiguration('fixture', scope).update(key, value, target, languageId !== undefined);
    };
    await update('count', 5, Workspace);
    await update('count', 6, Workspace);
    await update('perFolder', 'here', Workspace);
    await update('perLanguage', 9, Workspace, 'typescript');
    await update('recent', ['a', 'b'], Workspace);
    await update('count', 12, Global);
    // A value that VS Code itself takes away, and one for which another file has one.
    await update('count', undefined, Workspace);
    await update('perLanguage', undefined, Workspace, 'typescript');
    await service.update('count', 7, { target: 'workspace' });
    writeSettings('{ "fixture.count": 8, "fixture.perFolder": "there" }');
    await until('VS Code has seen the file', () => theirs('count', undefined) === 8 && service.get('count') === 8);
    expect(wrong).to.deep.equal([]);
    for (const each of ['count 5', 'count 6', 'count 7', 'count 8', 'count 12', 'perFolder "here"', 'perFolder "there"', 'perLanguage 9', 'perLanguage 4', 'recent ["a","b"]']) {
      expect(seen).to.include(each);
    }
  });

  it('F33 a listener that was there before the service may still read the value of before: the service’s own event is for it', async () => {
    const seen: number[] = [];
    const services: Service[] = [];
    subscriptions.push(vscode.workspace.onDidChangeConfiguration(() => seen.push(services[0]!.get('count'))));
    const later = await superviseFixture();
    services.push(later);
    const told: number[] = [];
    later.onDidChangeAny(() => told.push(later.get('count')));
    await vscode.workspace.getConfiguration('fixture', null).update('count', 5, Workspace);
    await later.dispose();
    expect([seen[0], told]).to.deep.equal([3, [5]]);
  });

  it('F34 F32 a language in settings.json: its last good value is served, with its issue, and its changes are told though nobody asked for it', async () => {
    const told: unknown[] = [];
    service.onDidChangeAny(({ changes }) => told.push(...changes.map(({ key, scope, now }) => [key, scope, now])));
    writeSettings('{ "[typescript]": { "fixture.perLanguage": 9 } }');
    await until('the change is told', () => told.length > 0);
    expect(told).to.deep.equal([['perLanguage', { languageId: 'typescript' }, 9]]);
    writeSettings('{ "[typescript]": { "fixture.perLanguage": "nine" } }');
    await until('it is noticed', () => service.issues.length > 0);
    expect(service.issues.map(({ key, layer, scope, served }) => [key, layer, scope, served])).to.deep.equal([
      ['perLanguage', 'workspace-language', { languageId: 'typescript' }, 'last good value'],
    ]);
    expect([service.get('perLanguage', { languageId: 'typescript' }), service.get('perLanguage'), service.status, told.length]).to.deep.equal([9, 4, 'degraded', 1]);
    writeSettings('{}');
    await until('it is over', () => told.length > 1);
    expect([told[1], service.issues]).to.deep.equal([['perLanguage', { languageId: 'typescript' }, 4], []]);
  });

  it('F34 an invalid value of the only folder is one issue, for the window and its files', async () => {
    writeSettings('{ "fixture.perFolder": 5 }');
    await until('it is noticed', () => service.issues.length > 0);
    for (const scope of scopes()) expect(service.get('perFolder', scope)).to.equal('everywhere');
    expect(service.issues.map(({ key, scope }) => [key, scope])).to.deep.equal([['perFolder', undefined]]);
  });

  it('F36 one change asks VS Code for what has changed, however many settings and files are watched', async () => {
    const names = fixture.keys.filter((key) => !['application', 'perMachine'].includes(key));
    const values = Object.fromEntries(names.map((key) => [`fixture.${key}`, fixture.defaults[key]]));
    writeSettings(JSON.stringify({ ...values, 'fixture.count': 20 }));
    await until('all are shown', () => service.get('count') === 20);
    const heard: unknown[] = [];
    for (let index = 0; index < 10; index++) {
      const resource = vscode.Uri.joinPath(folder().uri, `${index}.ts`).toString();
      for (const key of fixture.keys) service.onDidChange(key, (now) => heard.push([key, now]), { resource, languageId: 'typescript' });
    }
    await service.reload();
    const { getConfiguration } = vscode.workspace;
    let asked = 0;
    vscode.workspace.getConfiguration = (...parameters) => {
      asked++;
      return getConfiguration.apply(vscode.workspace, parameters);
    };
    try {
      // By a rename: VS Code may read a file while it is being written, and would tell of two changes.
      writeFileSync(`${settingsFile()}.new`, JSON.stringify({ ...values, 'fixture.count': 21 }));
      renameSync(`${settingsFile()}.new`, settingsFile());
      await until('the change is heard', () => heard.length > 0);
      await elapse(settlingTime);
    } finally {
      vscode.workspace.getConfiguration = getConfiguration;
    }
    expect(heard).to.deep.equal(Array.from({ length: 10 }, () => ['count', 21]));
    // For the window and for the language: its value, which languages have one, and what VS Code shows of the file.
    expect(asked, 'questions').to.be.at.least(1).and.at.most(8);
  });
});
