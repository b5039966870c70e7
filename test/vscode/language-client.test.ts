import { expect } from 'chai';
import path from 'node:path';
import * as vscode from 'vscode';
import { languageClientMiddleware } from '../../src/vscode.ts';
import { LanguageClient, TransportKind, type Middleware } from '../../tools/language-client/client.ts';
import { folder, resetSettings, superviseFixture, until, writeSettings } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;
type Client = InstanceType<typeof LanguageClient>;
type Section = Record<string, unknown>;

const serverModule = path.join(__dirname, 'language-server.cjs');
const { Global, Workspace } = vscode.ConfigurationTarget;

/* The real vscode-languageclient, and a real server in a process of its own. */
describe('Language servers in VS Code', () => {
  let service: Service;
  const clients: Client[] = [];
  const file = (): string => vscode.Uri.joinPath(folder().uri, 'a.ts').toString();

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.stop();
    await service.dispose();
    for (const key of ['count', 'perFolder']) await vscode.workspace.getConfiguration('fixture', null).update(key, undefined, Global);
  });

  after(resetSettings);

  async function start(middleware: Middleware, configurationSection?: string[]): Promise<{ client: Client; ask(...items: object[]): Promise<unknown[]>; told(): Promise<Section[]> }> {
    const module = { module: serverModule, transport: TransportKind.ipc };
    const client = new LanguageClient('fixture', { run: module, debug: module }, {
      documentSelector: [{ language: 'none' }],
      middleware,
      ...(configurationSection === undefined ? {} : { synchronize: { configurationSection } }),
    });
    clients.push(client);
    await client.start();
    return {
      client,
      ask: async (...items) => await client.sendRequest('test/ask', items) as unknown[],
      told: async () => await client.sendRequest('test/told') as Section[],
    };
  }

  it('P30 P31 a server that asks is answered with checked values: of a section, a setting, a member, a folder', async () => {
    writeSettings(JSON.stringify({
      'fixture.count': 'many', 'fixture.name': 'ok', 'fixture.options': { a: 1 }, 'fixture.perFolder': 'here', 'fixture.undeclared': 'as it is', 'editor.tabSize': 3,
    }));
    await until('VS Code has read the file', () => service.get('name') === 'ok');
    const { ask } = await start(languageClientMiddleware(service));
    const [section, count, member, none, perFolder, all, tabSize] = await ask(
      { section: 'fixture' }, { section: 'fixture.count' }, { section: 'fixture.options.a' }, { section: 'fixture.none' },
      { scopeUri: file(), section: 'fixture.perFolder' }, {}, { section: 'editor.tabSize' },
    );
    expect(section).to.deep.include({ ...service.section(), undeclared: 'as it is' });
    expect([count, member, none, perFolder, tabSize]).to.deep.equal([3, 1, null, 'here', 3]);
    expect((all as Record<string, Section>)['fixture']).to.deep.include({ count: 3, name: 'ok' });
    expect(vscode.workspace.getConfiguration('fixture').get('count'), 'what it would have been told').to.equal('many');
    const raw = await (await start({})).ask({ section: 'fixture.count' });
    expect(raw, 'without the middleware').to.deep.equal(['many']);
  });

  it('P31 P33 a server that is sent its settings is sent checked ones, once for each change, and not for a value that is invalid', async () => {
    const { client, told } = await start(languageClientMiddleware(service), ['fixture', 'editor']);
    const counts = async (): Promise<unknown[]> => (await told()).map(({ fixture }) => (fixture as Section)['count']);
    await until('the server has its settings', async () => (await told()).length === 1);
    const configuration = vscode.workspace.getConfiguration('fixture', null);
    await configuration.update('count', 5, Workspace);
    await configuration.update('count', 'many', Workspace);
    await configuration.update('count', 7, Workspace);
    await until('the last value is there', async () => (await counts()).at(-1) === 7);
    expect(await counts()).to.deep.equal([3, 5, 7]);
    await vscode.workspace.getConfiguration('editor', null).update('tabSize', 7, Workspace);
    await until('what others change is told as well', async () => ((await told()).at(-1)!['editor'] as Section)['tabSize'] === 7);
    expect(await counts()).to.deep.equal([3, 5, 7, 7]);
    await service.updateAll({ count: 9, name: 'both' }, { target: 'workspace' });
    await until('a transaction has arrived', async () => ((await told()).at(-1)!['fixture'] as Section)['name'] === 'both');
    expect((await counts()).slice(4), 'as one change').to.deep.equal([9]);
    await configuration.update('count', 'many', Workspace);
    await client.sendNotification('workspace/didChangeConfiguration', { settings: { fixture: { count: 'by hand', name: 'theirs' } } });
    await until('what the extension sends itself', async () => (await told()).length === 6);
    expect((await told()).at(-1)).to.deep.equal({ fixture: { count: 9, name: 'theirs' } });
    await client.restart();
    await until('a server that has just started has its settings', async () => (await counts()).length === 1);
    expect(await counts()).to.deep.equal([9]);
  });

  it('P33 a server that asks again after each notice is told of what is served, and no later', async () => {
    const { client, ask, told } = await start(languageClientMiddleware(service));
    await client.sendRequest('test/register');
    const seen = async (): Promise<unknown> => (await ask({ section: 'fixture.count' }))[0];
    await vscode.workspace.getConfiguration('fixture', null).update('count', 5, Workspace);
    await until('the notice has arrived', async () => (await told()).length > 0);
    expect(await told()).to.deep.equal([null]);
    expect(await seen()).to.equal(5);
    await service.updateAll({ count: 6, name: 'both' }, { target: 'workspace' });
    const before = (await told()).length;
    expect([await seen(), before > 1]).to.deep.equal([6, true]);
  });

  it('the extension’s own middleware is called: what it makes of the values stays, but for what is invalid', async () => {
    const calls: string[] = [];
    const own: Middleware = {
      workspace: {
        configuration: async (params, token, next) => {
          calls.push('configuration');
          const answer = await next(params, token);
          return Array.isArray(answer) ? answer.map((each: unknown) => ({ ...each as object, count: 'mine', perMachine: `${String((each as Section)['name'])} replaced`, more: true })) : answer;
        },
        didChangeConfiguration: async (sections, next) => {
          calls.push('didChangeConfiguration');
          await next(sections);
        },
      },
      sendNotification: async (type, next, params) => {
        calls.push(typeof type === 'string' ? type : type.method);
        await next(type, params);
      },
    };
    const { ask, told } = await start(languageClientMiddleware(service, own), ['fixture']);
    const [section] = await ask({ section: 'fixture' });
    expect(section).to.deep.include({ count: 3, perMachine: 'none replaced', more: true });
    await until('the server has its settings', async () => (await told()).length === 1);
    expect(calls).to.include.members(['configuration', 'didChangeConfiguration', 'workspace/didChangeConfiguration']);
  });
});
