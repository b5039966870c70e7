import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import * as yup from 'yup';
import type { HoldfastApi, RegisteredService } from '../../src/extension/api.ts';
import { statusBarModel } from '../../src/extension/status-bar-model.ts';
import { healthTree } from '../../src/extension/health-tree.ts';
import { WatchedService, type ServiceView } from '../../src/extension/watched-service.ts';
import { systemClock } from '../../src/clock.ts';
import { StoreError } from '../../src/errors.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { defineSettings } from '../../src/settings/define-settings.ts';
import { MemoryBackend, MemoryStore } from '../../src/store/memory-store.ts';
import { FaultyStore } from '../../src/testing/faulty-store.ts';
import { elapse, patientGuard, patientLifecycle, rejection, until, witness } from './supervised.ts';

const section = 'extensiontest';
/** In ms: what happens after it does not happen. */
const hour = 3_600_000;
/** The default of `holdfast.alerts.delay`, in ms. */
const alertDelay = 5_000;
const secretValue = 'correct horse battery staple';
const storedValue = 'a value that nobody else has';
const illegalValue = 'an illegal value that nobody else has';

const definition = defineSettings(section, {
  count: { schema: yup.number().integer().min(1).max(50).defined(), default: 3, description: 'A number.' },
  name: { schema: yup.string().defined(), default: '', description: 'A text.' },
  mood: { schema: yup.string().oneOf(['good', 'bad'], '${value} is no mood').defined(), default: 'good', description: 'A choice.' },
  token: { schema: yup.string().defined(), default: '', description: 'A secret.', secret: true },
});

const declined = (error: unknown): unknown => (error as StoreError).context['declined'];

type Service = ConfigurationService<typeof definition.defaults>;

/** A service on a store that fails on demand, registered with the extension. */
async function registered(api: HoldfastApi): Promise<{ service: Service; store: FaultyStore; backend: MemoryBackend; registration: vscode.Disposable }> {
  const backend = new MemoryBackend();
  const store = new FaultyStore(new MemoryStore(backend), systemClock);
  const service = new ConfigurationService(definition, {
    store,
    guard: { ...patientGuard, retry: { attempts: 1 }, breaker: { threshold: 2, restFor: hour, openFor: hour } },
    lifecycle: patientLifecycle,
    probeEvery: hour,
  });
  witness(service);
  const registration = api.register(service);
  await service.ready;
  return { service, store, backend, registration };
}

describe('The Holdfast extension', () => {
  let api: HoldfastApi;
  const restore: (() => void)[] = [];
  const isShown = (service: unknown): boolean => api.services.some((other) => other === service);

  /** Puts something in place of one of VS Code's dialogs, which a test run has none of. */
  function answer<K extends keyof typeof vscode.window>(name: K, answering: (...words: never[]) => unknown): { asked: unknown[][] } {
    const original = vscode.window[name];
    const asked: unknown[][] = [];
    const stub = (...words: unknown[]): Promise<unknown> => {
      asked.push(words);
      return Promise.resolve(answering(...(words as never[])));
    };
    Object.assign(vscode.window, { [name]: stub });
    restore.push(() => Object.assign(vscode.window, { [name]: original }));
    return { asked };
  }

  /** Takes the place of VS Code's progress notifications: those that are shown now. */
  function notifications(): { readonly shown: { text: string; cancel: () => void }[]; follow(link: string): Promise<void> } {
    type Task = (progress: { report(step: { message: string }): void }, token: { onCancellationRequested(listener: () => void): void }) => Promise<void>;
    const shown: { text: string; cancel: () => void }[] = [];
    const { withProgress } = vscode.window;
    answer('withProgress', async (options: vscode.ProgressOptions, task: Task) => {
      if (options.location !== vscode.ProgressLocation.Notification) return withProgress(options, task as never);
      const notification = { text: '', cancel: () => undefined };
      shown.push(notification);
      await task(
        { report: ({ message }) => (notification.text = message) },
        { onCancellationRequested: (listener) => (notification.cancel = listener as never) },
      );
      shown.splice(shown.indexOf(notification), 1);
    });
    return {
      shown,
      follow: async (link) => {
        const [, command, argument] = /^([\w.]+)\?([^)]+)\)/.exec(shown[0]!.text.split(`[${link}](command:`)[1]!)!;
        await vscode.commands.executeCommand(command!, JSON.parse(decodeURIComponent(argument!)));
      },
    };
  }

  /** Keeps timers of this delay from going off: what they would do is done when the test says so. */
  function held(delay: number): Set<() => void> {
    const { setTimeout, clearTimeout } = globalThis;
    const waits = new Set<() => void>();
    const hold = (act: () => void, wait?: number, ...words: []): unknown => {
      if (wait !== delay) return setTimeout(act, wait, ...words);
      waits.add(act);
      return act;
    };
    const release = (timer: never): void => {
      if (!waits.delete(timer)) clearTimeout(timer);
    };
    Object.assign(globalThis, { setTimeout: hold, clearTimeout: release });
    restore.push(() => Object.assign(globalThis, { setTimeout, clearTimeout }));
    return waits;
  }

  before(async () => {
    const extension = vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!;
    api = await extension.activate();
  });

  afterEach(async () => {
    for (const undo of restore.splice(0)) undo();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  describe('its API', () => {
    it('has a version', () => {
      expect(api.version).to.equal(1);
    });

    it('shows a service from its registration to its end', async () => {
      const { service, registration } = await registered(api);
      expect(isShown(service)).to.equal(true);
      registration.dispose();
      expect(isShown(service)).to.equal(false);
      await service.dispose();
    });

    it('registers a service once, however often it is asked to', async () => {
      const { service, registration } = await registered(api);
      api.register(service);
      expect(api.services.filter((other) => other === service)).to.have.lengthOf(1);
      registration.dispose();
      await service.dispose();
    });

    it('forgets a service that is disposed of', async () => {
      const { service } = await registered(api);
      await service.dispose();
      expect(isShown(service)).to.equal(false);
    });

    it('refuses what is not a service, and says what is missing', () => {
      expect(() => api.register({ id: 'x', definition } as unknown as RegisteredService)).to.throw(TypeError, 'get');
      expect(() => api.register(undefined as unknown as RegisteredService)).to.throw(TypeError, 'id');
    });
  });

  describe('its commands', () => {
    let service: Service;
    let store: FaultyStore;
    let backend: MemoryBackend;
    const run = (name: string, subject: unknown = { service: section }): Thenable<unknown> => vscode.commands.executeCommand(`holdfast.${name}`, subject);

    beforeEach(async () => {
      ({ service, store, backend } = await registered(api));
    });

    afterEach(() => service.dispose());

    it('are those of its manifest', async () => {
      const { packageJSON } = vscode.extensions.getExtension('holdfast.holdfast')!;
      const contributed = (packageJSON as { contributes: { commands: { command: string }[] } }).contributes.commands.map(({ command }) => command);
      const existing = (await vscode.commands.getCommands(true)).filter((command) => command.startsWith('holdfast.'));
      expect(existing.sort()).to.deep.equal(contributed.sort());
      expect(contributed).to.include.members([
        'showHealth', 'showMetrics', 'reset', 'probe', 'holdOpen', 'release', 'reload', 'exportDiagnostics', 'restoreDefaults', 'showLog', 'showActions',
      ].map((name) => `holdfast.${name}`));
    });

    it('hold a breaker open, release it, and reset it', async () => {
      await run('holdOpen');
      expect(service.breakers()).to.have.lengthOf(1);
      expect(service.breakers()[0]).to.include({ mode: 'OPEN', held: true });
      await run('release');
      expect(service.breakers()[0]).to.include({ mode: 'HALF_OPEN', held: false });
      await run('reset');
      expect(service.breakers()[0]).to.include({ mode: 'CLOSED', held: false });
      await service.update('count', 5);
    });

    it('let an open breaker probe', async () => {
      store.outage('io');
      for (let i = 0; i < 2; i++) await service.update('count', 5 + i).catch(() => undefined);
      expect(service.breakers()[0]!.mode).to.equal('OPEN');
      store.heal();
      await run('probe');
      await until('the next write is let through', () => service.breakers()[0]!.mode === 'HALF_OPEN');
      await service.update('count', 7);
      expect(service.breakers()[0]!.mode).to.equal('CLOSED');
    });

    it('ask for the service when there are several, and do nothing when nobody answers', async () => {
      const other = await registered(api);
      const { asked } = answer('showQuickPick', () => undefined);
      await run('holdOpen', {});
      expect(asked).to.have.lengthOf(1);
      expect((asked[0]![0] as { label: string }[]).map(({ label }) => label)).to.include(section);
      expect(service.breakers()).to.deep.equal([]);
      await other.service.dispose();
    });

    it('ask for the settings file when there are several', async () => {
      await service.update('count', 4, { target: 'user' });
      await service.update('count', 5, { target: 'workspace' });
      const { asked } = answer('showQuickPick', (items: { label: string }[]) => items[1]);
      await run('holdOpen');
      expect(asked[0]![0]).to.have.lengthOf(3);
      expect(service.breakers().map(({ held }) => held)).to.deep.equal([false, true]);
    });

    it('read the settings again', async () => {
      const loads = store.calls.load;
      await run('reload');
      expect(store.calls.load).to.be.greaterThan(loads);
    });

    it('restore the defaults, but ask first', async () => {
      await service.updateAll({ count: 7, name: storedValue });
      const no = answer('showWarningMessage', () => undefined);
      await run('restoreDefaults');
      expect(no.asked[0]![0]).to.contain('2 values');
      expect(no.asked[0]![1]).to.include({ modal: true });
      expect(service.get('count')).to.equal(7);
      answer('showWarningMessage', () => 'Restore Defaults');
      await run('restoreDefaults');
      expect(service.values).to.deep.equal(definition.defaults);
    });

    it('say why they failed', async () => {
      await service.update('count', 7);
      store.outage('io');
      answer('showWarningMessage', () => 'Restore Defaults');
      const { asked } = answer('showErrorMessage', () => undefined);
      await run('restoreDefaults');
      expect(asked).to.have.lengthOf(1);
      expect(asked[0]![0]).to.contain('The settings file could not be written.');
    });

    it('F66 say nothing more when the user has declined what they wait for', async () => {
      await service.update('count', 7);
      store.outage('permission');
      answer('showWarningMessage', () => 'Restore Defaults');
      const { asked } = answer('showErrorMessage', () => undefined);
      const { shown } = notifications();
      const done = run('restoreDefaults');
      await until('the user is asked', () => shown.length > 0);
      shown[0]!.cancel();
      await done;
      expect(asked).to.deep.equal([]);
      expect(shown).to.deep.equal([]);
    });

    it('show the health and the metrics as documents', async () => {
      await service.update('count', 5);
      await run('showHealth');
      await until('the preview is open', () => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).some(({ label }) => label.includes('Health')));
      const health = await vscode.workspace.openTextDocument(vscode.Uri.parse('holdfast:/Health.md'));
      expect(health.getText()).to.contain(`## ● ${section} is healthy`).and.to.contain('Circuit breakers');
      await run('showMetrics');
      const metrics = await vscode.workspace.openTextDocument(vscode.Uri.parse('holdfast:/Metrics.md'));
      expect(metrics.getText()).to.contain(`## ${section}`).and.to.contain('**1** operation,');
    });

    it('offer what makes sense, and do what is chosen', async () => {
      const { asked } = answer('showQuickPick', (items: { label: string }[]) => items.find(({ label }) => label.includes('Reload')));
      const loads = store.calls.load;
      await run('showActions');
      const labels = (asked[0]![0] as { label: string }[]).map(({ label }) => label.replace(/\$\([\w-]+\) /, ''));
      expect(labels).to.include.members(['Show Health', 'Open settings.json', 'Export Diagnostics…']).and.not.to.include('Release');
      await until('the settings have been read again', () => store.calls.load > loads);
    });

    it('P51 write a diagnostics file that holds no value', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-diagnostics-'));
      const file = path.join(folder, 'diagnostics.json');
      try {
        await service.updateAll({ token: secretValue, name: storedValue });
        const throwing = service.onDidChange('token', (token) => { throw new Error(`A listener that tells ${token}`); });
        await service.update('token', `${secretValue}!`);
        throwing.dispose();
        await service.update('count', 'many' as never).catch(() => undefined);
        backend.set({ key: 'mood', target: 'user', scope: {} }, illegalValue);
        await until('the illegal value is seen', () => service.issues.length === 1);

        answer('showSaveDialog', () => vscode.Uri.file(file));
        answer('showInformationMessage', () => undefined);
        await run('exportDiagnostics');
        const text = readFileSync(file, 'utf8');
        for (const value of [secretValue, storedValue, illegalValue, 'many']) expect(text).not.to.contain(value);

        const report = JSON.parse(text) as { versions: object; services: Record<string, unknown>[] };
        expect(report.versions).to.have.all.keys('holdfast', 'vscode', 'node', 'platform');
        const told = report.services.find((one) => one['section'] === section)!;
        expect(told).to.include.keys('id', 'status', 'health', 'metrics', 'breakers', 'lifecycle', 'settings', 'alerts', 'log');
        const settings = told['settings'] as { key: string }[];
        expect(settings.find(({ key }) => key === 'name')).to.deep.equal({ key: 'name', origin: 'user', valid: true, storedIn: ['user'], secret: false });
        expect(settings.find(({ key }) => key === 'mood')).to.deep.include({ origin: 'default', valid: false, problem: '•••••• is no mood' });
        expect(told['log']).to.be.an('array').that.is.not.empty;
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  describe('its notifications', () => {
    it('are one a cause, with a way out, and healed quietly', async () => {
      const { service, store } = await registered(api);
      const { asked } = answer('showWarningMessage', () => undefined);
      const unwilling = { wait: false };
      const open = async (): Promise<void> => {
        for (let i = 0; i < 2; i++) await service.update('count', 5 + i, unwilling).catch(() => undefined);
      };
      store.outage('dirty');
      await open();
      await until('the user has been told', () => asked.length > 0);
      expect(asked[0]![0]).to.contain('Save the settings file');
      expect(asked[0]!.slice(1)).to.deep.equal(['Open settings.json', 'Show Health']);
      store.heal();
      service.reset();
      store.outage('dirty');
      await open();
      await elapse(200);
      expect(asked).to.have.lengthOf(1);
      await service.dispose();
    });

    it('F66 are one for all writes that wait for the same cause, whose callers are answered truthfully, and it goes', async () => {
      const { service, store } = await registered(api);
      const { shown, follow } = notifications();
      store.outage('read-only');
      const writes = [service.update('count', 7, { target: 'workspace' }), service.update('name', 'mine', { target: 'workspace' })];
      await until('the user is asked about both', () => shown[0]?.text.includes('extensiontest.name') === true);
      expect(shown.map(({ text }) => text.replaceAll(/\(command:.*?\)/g, ''))).to.deep.equal([
        'extensiontest.count, extensiontest.name are not stored yet. The settings file is on a read-only file system.'
        + ' Make the settings file writable, or store the value somewhere else.'
        + ' [Open settings.json] · [Retry now] · [Write to user settings instead]',
      ]);
      store.heal();
      await follow('Write to user settings instead');
      expect((await Promise.all(writes)).map(({ outcome, target }) => [outcome, target])).to.deep.equal([['stored', 'user'], ['stored', 'user']]);
      await until('it has gone', () => shown.length === 0);
      await service.dispose();
    });

    it('F66 that are declined give up: the callers are told why, and that the user knows', async () => {
      const { service, store } = await registered(api);
      const { shown } = notifications();
      store.outage('permission');
      const waiting = rejection(service.update('count', 7, { target: 'workspace' }));
      await until('the user is asked', () => shown.length > 0);
      shown[0]!.cancel();
      const refused = await waiting;
      expect(refused).to.include({ code: 'STORE', reason: 'permission' });
      expect(declined(refused)).to.equal(true);
      await until('it has gone', () => shown.length === 0);
      const another = await rejection(service.update('count', 8, { target: 'workspace' }));
      expect(another, 'and the user is left alone for a while').to.include({ reason: 'permission' });
      expect(declined(another), 'of this one nobody has heard').to.equal(undefined);
      expect(shown).to.deep.equal([]);
      await service.dispose();
    });

    it('F66 goes when its service does, and with a registration', async () => {
      const { service, store, registration } = await registered(api);
      const { shown } = notifications();
      store.outage('dirty');
      const waiting = rejection(service.update('count', 7, { target: 'workspace' }));
      await until('the user is asked', () => shown.length > 0);
      registration.dispose();
      expect(await waiting).to.include({ reason: 'dirty' });
      await until('it has gone', () => shown.length === 0);
      await service.dispose();
    });

    it('F65 what waits for the user is offered in the menu, and by a command of its own', async () => {
      const { service, store } = await registered(api);
      const { shown } = notifications();
      const { asked: told } = answer('showInformationMessage', () => undefined);
      await vscode.commands.executeCommand('holdfast.resolveWrites');
      expect(told.map(([text]) => text)).to.deep.equal(['No setting waits to be stored.']);
      store.outage('dirty');
      const waiting = service.update('count', 7, { target: 'workspace' });
      await until('the user is asked', () => shown.length > 0);
      const offered: string[][] = [];
      const choose = (label: string) => (items: { label: string }[]) => {
        offered.push(items.map((item) => item.label.replace(/\$\([\w-]+\) /, '')));
        return items.find((item) => item.label.endsWith(label));
      };
      answer('showQuickPick', choose('nothing'));
      await vscode.commands.executeCommand('holdfast.showActions');
      expect(offered.pop()!.slice(0, 6)).to.deep.equal([
        'extensiontest.count is not stored yet.', 'Save and retry', 'Open settings.json', 'Write to user settings instead', 'Do not store it', 'Show',
      ]);
      answer('showQuickPick', choose('Do not store it'));
      await vscode.commands.executeCommand('holdfast.resolveWrites');
      expect(declined(await rejection(waiting))).to.equal(true);
      await service.dispose();
    });

    it('wait for trouble to last, and are one for all services that suffer from it', async () => {
      const both = [await registered(api), await registered(api)];
      const { asked } = answer('showWarningMessage', () => undefined);
      const waits = held(alertDelay);
      for (const { store, service } of both) {
        store.failing('load', () => new StoreError('invalid-file', 'It cannot be parsed.', { context: { file: 'file:///settings.json' } }));
        await service.reload();
      }
      expect(waits.size, 'they wait').to.be.at.least(both.length);
      expect(asked).to.deep.equal([]);
      for (const over of [...waits]) over();
      await until('the user has been told', () => asked.length > 0);
      await elapse(200);
      expect(asked).to.have.lengthOf(1);
      expect(asked[0]![0]).to.contain('the last legal values are served').and.to.contain('Open the settings file');
      for (const { service } of both) await service.dispose();
    });

    it('F67: say of an injected fault that it is injected', async () => {
      const { service, store } = await registered(api);
      const { asked } = answer('showWarningMessage', () => undefined);
      store.inject('fail');
      for (let i = 0; i < 2; i++) await service.update('count', 5 + i).catch(() => undefined);
      await until('the user has been told', () => asked.length > 0);
      expect(asked[0]![0]).to.contain('Injected fault: The disk is full. Take the injected fault back in the State Inspector.');
      await service.dispose();
    });

    it('are none for what heals by itself', async () => {
      const { service, store } = await registered(api);
      const { asked } = answer('showWarningMessage', () => undefined);
      store.outage('io');
      for (let i = 0; i < 2; i++) await service.update('count', 5 + i).catch(() => undefined);
      expect(service.breakers()[0]!.mode).to.equal('OPEN');
      await elapse(200);
      expect(asked).to.deep.equal([]);
      await service.dispose();
    });
  });

  describe('its health view', () => {
    it('keeps what has been wrong, with its times, and shows first what still is', async () => {
      const { service, store, registration } = await registered(api);
      const watched = new WatchedService(service, { write: () => undefined }, () => undefined);
      const alerts = () => healthTree(watched).children!.find(({ label }) => label === 'Alerts');
      expect(alerts(), 'nothing yet').to.equal(undefined);
      store.outage('permission');
      for (let i = 0; i < 2; i++) await rejection(service.update('count', 5, { wait: false }));
      expect(alerts()!.open).to.equal(true);
      expect(alerts()!.children!.map(({ label, icon }) => [label, icon])).to.deep.equal([
        ['The service is unhealthy.', 'bell-dot'], ['Settings cannot be stored: the circuit breaker is open.', 'bell-dot'],
      ]);
      for (const { description } of alerts()!.children!) expect(description).to.match(/^since \d\d:\d\d:\d\d$/);
      expect(statusBarModel([watched.view], Date.now())!.tooltip).to.contain('$(bell-dot) Settings cannot be stored: the circuit breaker is open.');
      store.heal();
      service.reset();
      await service.update('count', 6);
      store.outage('permission');
      for (let i = 0; i < 2; i++) await rejection(service.update('count', 5, { wait: false }));
      const shown = alerts()!.children!;
      expect(shown.map(({ icon }) => icon)).to.deep.equal(['bell-dot', 'bell-dot', 'bell-dot', 'bell-slash', 'bell-slash']);
      expect(shown[2]!.label, 'by now').to.equal('80 % of the last 5 writes failed.');
      for (const { description } of shown.slice(3)) expect(description).to.match(/^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d, over$/);
      expect(new Set(shown.map(({ id }) => id)).size).to.equal(5);
      watched.dispose();
      registration.dispose();
      await service.dispose();
    });

    it('F64: says nothing more of failed writes that are five minutes old', async () => {
      const waits = held(300_000);
      const { service, store } = await registered(api);
      let changes = 0;
      const watched = new WatchedService(service, { write: () => undefined }, (event) => void (event ?? changes++));
      store.outage('io');
      for (let i = 0; i < 5; i++) await rejection(service.update('count', 5));
      const alert = '100 % of the last 5 writes failed.';
      expect(watched.view.alerts).to.include(alert);
      expect(changes).to.equal(0);
      for (const pass of [...waits]) pass();
      expect(watched.view.alerts).not.to.include(alert);
      expect(changes, 'what is shown is shown anew').to.equal(1);
      watched.dispose();
      await service.dispose();
    });
  });

  describe('what is not stored yet', () => {
    it('F65 is in the health view as long as it waits: for the user, or for a breaker', async () => {
      const { service, store } = await registered(api);
      notifications();
      const watched = new WatchedService(service, { write: () => undefined }, () => undefined);
      const registration = service.rescueWith({ patience: hour, onWaiting: (write) => void watched.awaitUser(write) });
      const lines = () => healthTree(watched).children!.find(({ label }) => label === 'Not stored yet')?.children?.map(({ label, description }) => `${label}: ${description}`);
      store.outage('dirty');
      const waiting = service.update('count', 7);
      await until('it waits', () => watched.view.unsaved.length === 1);
      expect(lines()).to.deep.equal(['count: The settings file has unsaved changes.']);
      expect([service.status, watched.view.health, watched.view.call]).to.deep.equal(['healthy', 'degraded', 'Save the settings file.']);
      expect((await service.health()).checks.resources.detail).to.contain('Writes waiting or under way: 1,');
      store.heal();
      service.evidence();
      await waiting;
      expect([lines(), watched.view.health]).to.deep.equal([undefined, 'healthy']);
      service.hold();
      const parked = [service.update('count', 8, { park: true }), service.update('name', 'mine', { park: true })];
      await until('they are parked', () => watched.view.parked === 2);
      expect(lines()).to.deep.equal(['user settings: 2 writes wait until the circuit breaker closes']);
      service.release();
      await Promise.all(parked);
      expect([lines(), watched.view.parked]).to.deep.equal([undefined, 0]);
      registration.dispose();
      watched.dispose();
      await service.dispose();
    });
  });

  describe('its status bar item', () => {
    const healthy: ServiceView = { label: 'one', health: 'healthy', breakers: [], issues: [], report: undefined, lastError: undefined, alerts: [], call: undefined, unsaved: [], parked: 0 };
    const breaker = { file: 'user settings', mode: 'OPEN', held: false, consecutiveFailures: 5, retryAfter: 42_000, queueDepth: 3 } as const;
    const noon = new Date(2026, 0, 1, 12, 0, 0).getTime();

    it('is not there without services', () => {
      expect(statusBarModel([], noon)).to.equal(undefined);
    });

    it('is quiet while all is well', () => {
      const model = statusBarModel([healthy, healthy], noon)!;
      expect(model.text).to.equal('$(shield)');
      expect(model.background).to.equal(undefined);
    });

    it('names the trouble, without colour when it heals by itself', () => {
      const model = statusBarModel([healthy, { ...healthy, label: 'two', health: 'unhealthy', breakers: [breaker] }], noon)!;
      expect(model.text).to.equal('$(error) two');
      expect(model.background).to.equal(undefined);
      expect(model.tooltip).to.contain('next probe at 12:00:42').and.to.contain('3 waiting');
    });

    it('takes a colour when a person must act, and says what to do', () => {
      const degraded = statusBarModel([{ ...healthy, health: 'degraded', call: 'Correct it.' }], noon)!;
      expect(degraded.background).to.equal('warning');
      expect(degraded.tooltip).to.contain('Correct it.');
      expect(degraded.accessibleLabel).to.contain('Correct it.');
      expect(statusBarModel([{ ...healthy, health: 'unhealthy', call: 'Save it.' }], noon)!.background).to.equal('error');
      const others = statusBarModel([{ ...healthy, health: 'degraded', call: 'Correct it.' }, { ...healthy, label: 'two', health: 'unhealthy' }], noon)!;
      expect([others.text, others.background], 'no more is said of it than is true').to.deep.equal(['$(warning) one', 'warning']);
    });

    it('F65 names the setting that waits for the user, and counts the writes that wait for a breaker', () => {
      const facts = { name: 'StoreError', message: 'It has unsaved changes.', code: 'STORE', reason: 'dirty' };
      const one: ServiceView = { ...healthy, health: 'degraded', call: 'Save it.', unsaved: [{ settings: 'one.count', facts }] };
      const model = statusBarModel([healthy, one], noon)!;
      expect([model.text, model.background, model.quiet]).to.deep.equal(['$(warning) one.count: not stored yet', 'warning', false]);
      expect(model.tooltip).to.contain('one.count is not stored yet. The settings file has unsaved changes.');
      expect(model.accessibleLabel).to.contain('one.count: not stored yet.').and.to.contain('Save it.');
      const parked: ServiceView = { ...healthy, label: 'two', health: 'unhealthy', parked: 1 };
      expect(statusBarModel([healthy, parked], noon)!.text).to.equal('$(error) two: one write is not stored yet');
      expect(statusBarModel([{ ...parked, parked: 3 }], noon)!.text).to.equal('$(error) two: 3 writes are not stored yet');
      expect(statusBarModel([one, parked], noon)!.text).to.equal('$(error) Settings: 2 writes are not stored yet');
    });

    it('shows texts of others as they are', () => {
      const model = statusBarModel([{ ...healthy, label: '[x](command:evil) $(bug) <b>' }], noon)!;
      expect(model.tooltip).to.contain('\\[x\\]\\(command:evil\\) \\$\\(bug\\) \\<b\\>');
    });
  });
});
