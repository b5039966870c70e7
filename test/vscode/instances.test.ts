import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../src/errors.ts';
import { activate } from '../../src/extension/extension.ts';
import type { VscodeContext } from '../../src/store/vscode-host.ts';
import { superviseConfiguration } from '../../src/vscode.ts';
import { fixture } from './fixture-settings.ts';
import { fixtureContext, rejection, resetSettings, until, writeSettings } from './supervised.ts';

describe('Services of one extension', () => {
  const restore: (() => void)[] = [];

  afterEach(() => restore.splice(0).forEach((each) => each()));

  /** Puts a function in place of one of VS Code's. */
  function replace(owner: object, name: string, value: (...words: never[]) => unknown): void {
    const original = Object.getOwnPropertyDescriptor(owner, name)!;
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
    restore.push(() => Object.defineProperty(owner, name, original));
  }

  const ofWorkspace = ['onDidChangeConfiguration', 'onDidGrantWorkspaceTrust', 'onDidChangeWorkspaceFolders', 'onDidSaveTextDocument'] as const;

  /** How many of these listeners of VS Code there are, of those that are added from now on. */
  function countListeners(owner: object = vscode.workspace, names: readonly string[] = ofWorkspace): () => number {
    let count = 0;
    for (const name of names) {
      const original = (owner as Record<string, (listener: () => void) => vscode.Disposable>)[name]!;
      replace(owner, name, (listener: () => void) => {
        const listening = original(listener);
        count++;
        return { dispose: () => (count--, listening.dispose()) };
      });
    }
    return () => count;
  }

  /** The context of the fixture, with a list of its own: the extension's lives as long as the window. */
  async function contextOfOwn(): Promise<VscodeContext & { subscriptions: { dispose(): void }[] }> {
    const context = await fixtureContext();
    return { ...context, extension: context.extension, subscriptions: [] };
  }

  const refuse = (): never => {
    throw new Error('refused by the test');
  };

  it('P30 are there at once, valid, and can be awaited: twice, later, and through a function', async () => {
    const own = await contextOfOwn();
    writeSettings('{ "fixture.count": 7 }\n');
    await until('VS Code has read it', () => vscode.workspace.getConfiguration('fixture').get('count') === 7);
    const service = superviseConfiguration(own, fixture);
    expect(service.get('count')).to.be.within(1, 50);
    const heard: number[] = [];
    service.onDidChange('count', (count) => heard.push(count));
    const update = service.update('name', 'early', { target: 'workspace' });
    expect(await Promise.all([service, service])).to.deep.equal([service, service]);
    expect(service.get('count')).to.equal(7);
    expect(heard.filter((count) => count !== 7)).to.deep.equal([]);
    expect(await update).to.deep.equal({ outcome: 'stored', target: 'workspace' });
    expect('then' in service).to.equal(false);
    expect(await service).to.equal(service);
    const throughFunction = async () => superviseConfiguration(own, fixture);
    const second = await throughFunction();
    expect(second.get('count')).to.equal(7);
    for (const { dispose } of own.subscriptions) dispose();
    await Promise.all([service, second].map((each) => each.dispose()));
    await resetSettings();
  });

  it('F46: are told apart by their ids, whatever they supervise', async () => {
    const own = await contextOfOwn();
    const services = await Promise.all([1, 2, 3].map(() => superviseConfiguration(own, fixture)));
    const { id } = own.extension;
    expect(services.map((service) => service.id)).to.deep.equal([id, `${id}/fixture`, `${id}/fixture#2`]);
    for (const { dispose } of own.subscriptions) dispose();
    await Promise.all(services.map((service) => service.dispose()));
  });

  it('F46: the id of a service that has been disposed of is free again, and nothing of it is left', async () => {
    const own = await contextOfOwn();
    const listeners = [countListeners(), countListeners(vscode.extensions, ['onDidChange'])];
    const [first, second] = await Promise.all([1, 2].map(() => superviseConfiguration(own, fixture)));
    const { id } = own.extension;
    await first!.dispose();
    const third = await superviseConfiguration(own, fixture);
    expect([second!.id, third.id]).to.deep.equal([`${id}/fixture`, id]);
    const named = await superviseConfiguration(own, fixture, { id: `${id}/other` });
    await named.dispose();
    const fourth = await superviseConfiguration(own, fixture);
    expect(fourth.id).to.equal(`${id}/fixture#2`);
    expect(listeners.map((count) => count())).to.deep.equal([12, 3]);
    await Promise.all([second, third, fourth].map((service) => service!.dispose()));
    expect(listeners.map((count) => count())).to.deep.equal([0, 0]);
    // VS Code disposes of what an extension has left with it, too.
    for (const { dispose } of own.subscriptions) dispose();
  });

  it('F45 VS Code refuses a listener: a typed error, and nothing is left behind', async () => {
    const own = await contextOfOwn();
    const listeners = countListeners();
    replace(vscode.workspace, 'onDidSaveTextDocument', refuse);
    const error = await rejection(Promise.resolve().then(() => superviseConfiguration(own, fixture)));
    expect(error).to.be.instanceOf(StoreError).and.to.include({ code: 'STORE' });
    expect((error as StoreError).message).to.match(/^VS Code does not tell of changes: Error: refused by the test/);
    expect(listeners()).to.equal(0);
    expect(own.subscriptions).to.deep.equal([]);
  });

  it('F45 an option is invalid: nothing is left behind either, and the id is free', async () => {
    const own = await contextOfOwn();
    const listeners = countListeners();
    expect(await rejection(Promise.resolve().then(() => superviseConfiguration(own, fixture, { guard: { breaker: { threshold: 0 } } })))).to.be.instanceOf(RangeError);
    expect(listeners()).to.equal(0);
    expect(own.subscriptions).to.deep.equal([]);
    const service = await superviseConfiguration(own, fixture);
    expect(service.id).to.equal(own.extension.id);
    expect(listeners()).to.equal(4);
    for (const { dispose } of own.subscriptions) dispose();
    await service.dispose();
    expect(listeners()).to.equal(0);
  });

  it('F45 a listener of VS Code that throws when it is disposed of: all others go, and it is told once', async () => {
    const own = await contextOfOwn();
    const listeners = countListeners();
    replace(vscode.workspace, 'onDidGrantWorkspaceTrust', () => ({ dispose: refuse }));
    const service = await superviseConfiguration(own, fixture);
    expect(listeners()).to.equal(3);
    const warnings: string[] = [];
    service.onEvent((event) => {
      if (event.type === 'warning') warnings.push(`${event.message} ${String(event.error)}`);
    });
    await service.dispose();
    expect(listeners()).to.equal(0);
    expect(warnings).to.deep.equal(['The store could not be disposed of. Error: refused by the test']);
    own.subscriptions[1]!.dispose();
  });

  it('F45 VS Code does not tell of extensions: the service does without', async () => {
    const own = await contextOfOwn();
    replace(vscode.extensions, 'onDidChange', refuse);
    const service = await superviseConfiguration(own, fixture);
    expect(service.get('count')).to.equal(3);
    for (const { dispose } of own.subscriptions) dispose();
    await service.dispose();
  });

  it('F45 the Holdfast extension that fails to start leaves nothing behind', async () => {
    const { extension } = await fixtureContext();
    const { globalStorageUri } = await fixtureContext();
    const subscriptions: vscode.Disposable[] = [];
    const made: vscode.Disposable[] = [];
    const disposed = new Set<vscode.Disposable>();
    subscriptions.push = (part) => {
      const { dispose } = part;
      part.dispose = () => (disposed.add(part), dispose.call(part));
      made.push(part);
      return Array.prototype.push.call(subscriptions, part);
    };
    // VS Code would give it the log of the extension that runs, and close that with it.
    replace(vscode.window, 'createOutputChannel', () => ({ info: () => undefined, dispose: () => undefined }));
    // Its commands are there already: VS Code refuses to register them again.
    const second = { subscriptions, extension: { ...extension, packageJSON: { version: '0.0.0' } }, globalStorageUri } as unknown as vscode.ExtensionContext;
    expect(() => activate(second)).to.throw('already exists');
    expect(made.length).to.be.greaterThan(5);
    expect(made.filter((part) => !disposed.has(part))).to.deep.equal([]);
    expect(subscriptions).to.deep.equal([]);
  });
});
