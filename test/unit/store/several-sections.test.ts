import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConfigurationService } from '../../../src/service/service.ts';
import { settingsFrom } from '../../../src/settings/settings-from.ts';
import { JsonStore } from '../../../src/store/json-store.ts';

describe('Settings of several sections', () => {
  it('are read from a settings file and written into it by their whole names, nested or not, and for a language', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sections-'));
    const file = path.join(folder, 'settings.json');
    writeFileSync(file, '{ "app": { "size": 5 }, "other.deep.name": "x", "alone": true, "[js]": { "app.size": 7 } }');
    const properties = { 'app.size': { type: 'number', scope: 'language-overridable' }, 'other.deep.name': { type: 'string' }, 'alone': { type: 'boolean' } };
    const definition = settingsFrom<{ 'app.size': number; 'other.deep.name': string; alone: boolean }>({ contributes: { configuration: { properties } } });
    const service = createConfigurationService(definition, { id: 'several', store: new JsonStore(definition, { user: file }) });
    await service.ready;
    expect([service.get('app.size'), service.get('other.deep.name'), service.get('alone'), service.get('app.size', { languageId: 'js' })]).to.deep.equal([5, 'x', true, 7]);
    await service.update('alone', false);
    await service.update('other.deep.name', 'y');
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({ 'app': { size: 5 }, 'other.deep.name': 'y', 'alone': false, '[js]': { 'app.size': 7 } });
    await service.dispose();
    rmSync(folder, { recursive: true });
  });
});
