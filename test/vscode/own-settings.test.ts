import { expect } from 'chai';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import { systemClock } from '../../src/clock.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { FaultyStore } from '../../src/testing/faulty-store.ts';
import { fixture } from './fixture-settings.ts';
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

  it('change breakers and retries of the services of all extensions while they run', async () => {
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const store = new FaultyStore(new MemoryStore(), systemClock);
    const service = new ConfigurationService(fixture, { store, guard: { retry: { attempts: 1 } } });
    const registration = api.register(service);
    await service.ready;
    store.outage('io');
    const failOnce = (): Promise<unknown> => service.update('count', 5, { target: 'user' }).catch(() => undefined);
    await failOnce();
    writeSettings('{ "holdfast.breaker.threshold": 2, "holdfast.breaker.openFor": 7 }');
    await until('Holdfast has read it', () => vscode.workspace.getConfiguration('holdfast', null).get('breaker.threshold') === 2);
    // The second failure in a row of two, whenever the rule has come.
    await until('two failures open the breaker', async () => {
      if (service.breakers()[0]?.mode === 'OPEN') return true;
      service.reset();
      await failOnce();
      await failOnce();
      return service.breakers()[0]?.mode === 'OPEN';
    });
    expect(service.breakers()[0]?.retryAfter).to.be.at.most(7_000);
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
