import { expect } from 'chai';
import * as yup from 'yup';
import { askWhenRestartIsNeeded, titleOf } from '../../../src/service/restart.ts';
import { ConfigurationService } from '../../../src/service/service.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { settingsFrom } from '../../../src/settings/settings-from.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const text = (needsRestart: boolean) => ({ schema: yup.string().defined(), default: '', description: 'A text.', needsRestart });
const definition = defineSettings('app', { 'server.path': text(true), 'server.args': text(true), 'colour': text(false) });

describe('Service: settings that need a restart', () => {
  async function started(answer: boolean): Promise<{
    change(values: Partial<typeof definition.defaults>, folder?: string): Promise<void>; asked: (readonly string[])[]; restarts: () => number; errors: unknown[]; answer(value: boolean | Error): Promise<void>;
  }> {
    const backend = new MemoryBackend();
    backend.set({ key: 'server.path', target: 'user', scope: {} }, '/at/start');
    const clock = new VirtualClock();
    const service = new ConfigurationService(definition, { store: new MemoryStore(backend), clock });
    await clock.run(service.ready);
    const asked: (readonly string[])[] = [];
    const errors: unknown[] = [];
    let restarts = 0;
    let settle: ((value: boolean | Error) => void) | undefined;
    askWhenRestartIsNeeded(service, (keys) => {
      asked.push(keys);
      return new Promise((resolve, reject) => (settle = (value) => (value instanceof Error ? reject(value) : resolve(value))));
    }, () => restarts++, (error) => errors.push(error));
    return {
      asked, errors, restarts: () => restarts,
      async change(values, folder) {
        const scope = folder === undefined ? {} : { resource: folder };
        for (const [key, value] of Object.entries(values)) backend.set({ key, target: folder === undefined ? 'user' : 'folder', scope }, value);
        await clock.flush();
      },
      async answer(value = answer) {
        settle!(value);
        await clock.flush();
      },
    };
  }

  it('a change is asked about once, and a yes restarts', async () => {
    const { change, asked, restarts, answer } = await started(true);
    await change({ colour: 'red' });
    expect(asked).to.deep.equal([]);
    await change({ 'server.path': '/new' });
    await change({ 'server.path': '/newer', 'server.args': '-v' });
    expect(asked, 'not while a question is open').to.deep.equal([['server.path']]);
    await answer(true);
    expect(restarts()).to.equal(1);
  });

  it('after a no it asks about another setting, and never again about the same', async () => {
    const { change, asked, restarts, answer } = await started(false);
    await change({ 'server.path': '/new' });
    await answer(false);
    await change({ 'server.path': '/newer' });
    await change({ 'server.args': '-v' });
    await answer(false);
    expect([asked, restarts()]).to.deep.equal([[['server.path'], ['server.args']], 0]);
  });

  it('what is again as it was at the start needs none; a folder has no such start', async () => {
    const { change, asked, answer, errors } = await started(true);
    await change({ 'server.args': '-v' });
    await answer(new Error('the window is closed'));
    expect(errors).to.have.lengthOf(1);
    await change({ 'server.path': '/at/start' });
    expect(asked).to.deep.equal([['server.args']]);
    await change({ 'server.path': '/for/it' }, 'file:///work/one/');
    expect(asked).to.deep.equal([['server.args'], ['server.path']]);
  });

  it('a manifest’s setting says so by an option, and what is no flag is refused', () => {
    const manifest = { contributes: { configuration: { properties: { 'app.path': { type: 'string' } } } } };
    expect(settingsFrom(manifest, { settings: { path: { needsRestart: true } } }).declarations['path']!.needsRestart).to.equal(true);
    expect(() => settingsFrom(manifest, { settings: { path: { needsRestart: 'yes' as never } } })).to.throw('needsRestart');
  });

  it('settings are named as in the Settings editor', () => {
    expect(['maxAgents', 'server.maxDelay', 'path'].map(titleOf)).to.deep.equal(['Max Agents', 'Server: Max Delay', 'Path']);
  });
});
