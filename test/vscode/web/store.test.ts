import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../../src/errors.ts';
import { createConfigurationService, jsonMemento, JsonStore, jsonStore } from '../../../src/index.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { fixture } from '../fixture-settings.ts';

describe('The library in the browser', () => {
  it('has no Node around it', () => {
    expect(vscode.env.uiKind).to.equal(vscode.UIKind.Web);
    expect(typeof (globalThis as { importScripts?: unknown }).importScripts, 'in a worker').to.equal('function');
    const load: (name: string) => unknown = require;
    expect(() => load(['node', 'fs'].join(':'))).to.throw('Cannot load module');
  });

  it('refuses to keep files, and says what to take instead', () => {
    for (const make of [() => new JsonStore(fixture, { user: 'settings.json' }), () => jsonStore({ user: 'settings.json' })(fixture), () => jsonMemento('memento.json')]) {
      expect(make).to.throw(StoreError, 'a browser has none: take').that.includes({ reason: 'unsupported', retryable: false });
    }
  });

  it('serves, and keeps virtual time', async () => {
    const clock = new VirtualClock();
    const service = createConfigurationService(fixture, { store: new MemoryStore(), clock });
    await clock.run(service.ready);
    await clock.run(service.update('count', 8));
    expect(service.get('count')).to.equal(8);
    await clock.run(service.dispose());
  });
});
