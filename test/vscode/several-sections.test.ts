import { expect } from 'chai';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import { healthDocument } from '../../src/extension/health-document.ts';
import { findMarks } from '../../src/extension/marks/find-marks.ts';
import { WatchedService } from '../../src/extension/watched-service.ts';
import { createConfigurationService, type ConfigurationService } from '../../src/service/service.ts';
import type { WaitingWrite } from '../../src/service/writes/awaiting-user.ts';
import { settingsFrom } from '../../src/settings/settings-from.ts';
import { MemoryBackend, MemoryStore } from '../../src/store/memory-store.ts';
import { readSettings, superviseConfiguration } from '../../src/vscode.ts';
import { fixtureContext, patientGuard, patientLifecycle, until, witness } from './supervised.ts';

interface Values {
  readonly 'app.size': number;
  readonly 'apps.name': string;
  readonly 'other.name': string;
}

const definition = settingsFrom<Values>({
  contributes: {
    configuration: [
      { title: 'App', properties: { 'app.size': { type: 'number', minimum: 1, default: 1 }, 'apps.name': { type: 'string', default: '' } } },
      { title: 'Other', properties: { 'other.name': { type: 'string', default: '' } } },
    ],
  },
}, { settings: { 'other.name': { formerly: [{ key: 'name' }] } } });

describe('Settings of several sections', () => {
  const id = 'test.several';
  let service: ConfigurationService<Values>;

  beforeEach(async () => {
    service = createConfigurationService(definition, { id, store: new MemoryStore(new MemoryBackend()), guard: patientGuard, lifecycle: patientLifecycle });
    witness(service);
    await service.ready;
  });

  afterEach(() => service.dispose());

  const marksIn = (text: object) => findMarks(service, {
    text: JSON.stringify(text), isWorkspaceFile: false, target: 'user', resource: undefined, trusted: true, isRegistered: () => false,
  }).map(({ kind, message, meant }) => ({ kind, message, meant }));

  it('are named by their whole names, and nothing else, where a person must correct or store them', async () => {
    const backend = new MemoryBackend();
    const troubled = createConfigurationService(definition, { id, store: new MemoryStore(backend), guard: patientGuard, lifecycle: patientLifecycle });
    const watched = new WatchedService(troubled, { write: () => undefined }, () => undefined);
    await troubled.ready;
    backend.set({ key: 'app.size', target: 'user', scope: {} }, 0);
    await until('it is read', () => troubled.issues.length === 1);
    expect(watched.view.call).to.equal('Correct app.size in the settings.');
    expect(healthDocument([{ view: watched.view, entries: [] }], Date.now())).to.include('| `app.size` |');
    const nothing = (): void => undefined;
    const waiting: WaitingWrite = { keys: ['app.size', 'other.name'], file: 'user settings', target: 'user', error: undefined, canRedirect: true, over: false, retry: nothing, redirect: nothing, giveUp: nothing, decline: nothing };
    expect(watched.namesOf(watched.awaitUser(waiting))).to.equal('app.size, other.name');
    watched.dispose();
    await troubled.dispose();
  });

  it('are named by their whole names before their defaults are restored', async () => {
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const registration = api.register(service);
    await service.updateAll({ 'app.size': 2, 'other.name': 'x' });
    const { showWarningMessage } = vscode.window;
    const asked: unknown[][] = [];
    Object.assign(vscode.window, { showWarningMessage: (...words: unknown[]) => Promise.resolve(void asked.push(words)) });
    try {
      await vscode.commands.executeCommand('holdfast.restoreDefaults', { service: id });
    } finally {
      Object.assign(vscode.window, { showWarningMessage });
      registration.dispose();
    }
    expect(asked.map((words) => words.slice(0, 2))).to.deep.equal([
      [`Remove 2 values of "${id}" from the user settings?`, { modal: true, detail: 'All or nothing: app.size, other.name.' }],
    ]);
  });

  it('are meant by a name in the same section only, however long that of the section is', () => {
    // "app.name" is nearest to "apps.name"; as a member of "app" it would be written as "name", or worse.
    expect(marksIn({ 'app': { name: 'x' }, 'app.sice': 3, 'other.age': 3 })).to.deep.equal([
      { kind: 'unknown', message: 'app.name is not a setting of app.', meant: undefined },
      { kind: 'unknown', message: 'app.sice is not a setting of app. Did you mean app.size?', meant: 'app.size' },
      { kind: 'unknown', message: 'other.age is not a setting of other.', meant: undefined },
    ]);
  });

  it('that were a section themselves in an earlier version are marked as old', () => {
    expect(marksIn({ name: 'x' })).to.deep.equal([
      { kind: 'old', message: 'name is called other.name now. Its value is used as "x".', meant: undefined },
    ]);
  });

  it('have a service with a name of its own beside another one of the same extension', async () => {
    const context = { ...await fixtureContext(), subscriptions: [] as { dispose(): void }[] };
    const services = await Promise.all([1, 2, 3].map(() => superviseConfiguration(context, definition, { store: new MemoryStore(new MemoryBackend()) })));
    const { id: extension } = context.extension;
    expect(services.map((each) => each.id)).to.deep.equal([extension, `${extension}/app+apps+other`, `${extension}/app+apps+other#2`]);
    const reader = readSettings(context, { 'editor.tabSize': { type: 'number' }, 'files.eol': { type: 'string' } }, { writable: true });
    expect(reader.id).to.equal(`${extension}/editor+files`);
    for (const { dispose } of context.subscriptions) dispose();
    await Promise.all([...services, reader].map((each) => each.dispose()));
  });
});
