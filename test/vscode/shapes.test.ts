import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../src/errors.ts';
import { fixture } from './fixture-settings.ts';
import { readSettings, rejection, resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;
const workspace = { target: 'workspace', wait: false } as const;
const typescript = { ...workspace, languageId: 'typescript' } as const;

/** A settings.json that a person has written. It may look otherwise than one that VS Code has written. */
describe('What a settings.json may look like', () => {
  let service: Service;

  after(resetSettings);

  // What other suites of this window have left in the user settings would show through.
  before(async () => {
    for (const key of fixture.keys) {
      const configuration = vscode.workspace.getConfiguration('fixture', null);
      if (configuration.inspect(key)?.globalValue !== undefined) await configuration.update(key, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    await service.dispose();
  });

  const shown = (key: string, languageId?: string): unknown => {
    const scope = languageId === undefined ? null : { languageId };
    const inspected = vscode.workspace.getConfiguration('fixture', scope as { languageId: string }).inspect(key);
    return languageId === undefined ? inspected?.workspaceValue : inspected?.workspaceLanguageValue;
  };
  const text = (): string => readFileSync(settingsFile(), 'utf8');

  /** Writes the file as it is, and waits until VS Code has read it. */
  async function begin(written: string, key: string, value: unknown, languageId?: string): Promise<void> {
    writeSettings(written);
    await until('VS Code has read it', () => shown(key, languageId) === value);
    await until('it is served', () => service.get(key as 'count', languageId === undefined ? undefined : { languageId }) === value);
  }

  describe('F11 a name that stands twice', () => {
    it('is written: what VS Code does not read is taken out', async () => {
      await begin('{\n  // mine\n  "fixture.count": 5,\n  "fixture.name": "x",\n  "fixture.count": 6\n}\n', 'count', 6);
      expect(await service.update('count', (count) => count + 1, workspace)).to.deep.equal({ outcome: 'stored', target: 'workspace' });
      expect(service.get('count')).to.equal(7);
      expect(text().match(/fixture\.count/g)).to.have.lengthOf(1);
      expect(text()).to.contain('// mine').and.to.contain('"fixture.count": 7').and.to.contain('"fixture.name": "x"');
    });

    it('is reset', async () => {
      await begin('{\n  "fixture.count": 5,\n  "fixture.count": 6,\n  "fixture.count": 7\n}\n', 'count', 7);
      await service.update('count', undefined, workspace);
      expect(readSettings()).to.deep.equal({});
      expect(service.get('count')).to.equal(3);
    });

    it('is written once more when another program saves the file while it is taken out: what that has saved stays', async () => {
      const twice = '{\n  "fixture.count": 5,\n  "fixture.count": 6\n}\n';
      await begin(twice, 'count', 6);
      await vscode.workspace.openTextDocument(settingsFile());
      let saves = 0;
      const changes = vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.fsPath !== settingsFile() || !document.isDirty || document.getText().match(/fixture\.count/g)!.length > 1 || saves++ > 0) return;
        writeSettings(twice.replace('{', '{\n  "fixture.name": "of another program",'));
      });
      try {
        expect(await service.update('count', (count) => count + 1, workspace)).to.deep.equal({ outcome: 'stored', target: 'workspace' });
      } finally {
        changes.dispose();
      }
      expect(saves).to.be.greaterThan(0);
      expect(readSettings()).to.deep.equal({ 'fixture.name': 'of another program', 'fixture.count': 7 });
      expect(text().match(/fixture\.count/g)).to.have.lengthOf(1);
      expect(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)).to.deep.equal([]);
    });

    it('is written for a language, whose block stands twice', async () => {
      await begin('{\n  "[typescript]": { "fixture.perLanguage": 5 },\n  "[typescript]": { "fixture.perLanguage": 6 }\n}\n', 'perLanguage', 6, 'typescript');
      await service.update('perLanguage', 8, typescript);
      expect(service.get('perLanguage', { languageId: 'typescript' })).to.equal(8);
      expect(readSettings()).to.deep.equal({ '[typescript]': { 'fixture.perLanguage': 8 } });
      expect(text().match(/typescript/g)).to.have.lengthOf(1);
    });
  });

  describe('F12 nested objects', () => {
    const nested = '{\n  "fixture": {\n    "count": 6,\n    "name": "inside"\n  }\n}\n';

    it('are read and written as VS Code does', async () => {
      await begin(nested, 'count', 6);
      expect(service.inspect('count')).to.deep.include({ value: 6, origin: 'workspace' });
      expect(await service.update('count', (count) => count + 1, workspace)).to.deep.equal({ outcome: 'stored', target: 'workspace' });
      expect([service.get('count'), shown('count'), service.get('name')]).to.deep.equal([7, 7, 'inside']);
    });

    it('are reset, and their neighbours stay', async () => {
      await begin(nested, 'count', 6);
      await service.update('count', undefined, workspace);
      expect(readSettings()).to.deep.equal({ fixture: { name: 'inside' } });
      expect([service.get('count'), service.get('name')]).to.deep.equal([3, 'inside']);
    });

    it('are reset by restoreDefaults, and converted', async () => {
      await begin('{\n  "fixture": { "count": 6, "name": "inside", "timeoutSeconds": 3 },\n  "other": { "count": 6 }\n}\n', 'count', 6);
      expect(service.get('timeout')).to.equal(3_000);
      await service.convertOldSettings({ target: 'workspace' });
      expect(service.get('timeout')).to.equal(3_000);
      expect(service.oldSettings()).to.deep.equal([]);
      await service.restoreDefaults({ target: 'workspace' });
      expect(readSettings()).to.deep.equal({ fixture: {}, other: { count: 6 } });
      for (const key of fixture.keys) expect(service.get(key), key).to.deep.equal(fixture.defaults[key]);
    });

    it('that stand below the plain name win, as in VS Code, and give way to what is written', async () => {
      await begin('{\n  "fixture.count": 5,\n  "fixture": { "count": 6 }\n}\n', 'count', 6);
      await service.update('count', 8, workspace);
      expect([service.get('count'), shown('count')]).to.deep.equal([8, 8]);
    });

    it('hidden by something else are told, with the line', async () => {
      writeSettings('{\n  "fixture": 5\n}\n');
      const error = await rejection(service.update('count', 8, workspace)) as StoreError;
      expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'conflict', retryable: false });
      expect(error.message).to.contain('"fixture" in line 2 is a number');
      expect(error.userAction).to.equal('Remove "fixture" from the settings file (line 2), or make it an object.');
      expect(service.breakers()[0]!.consecutiveFailures).to.equal(0);
      expect(readSettings(), 'nothing was stored in vain').to.deep.equal({ fixture: 5 });
    });
  });

  describe('F13 a block for several languages', () => {
    const block = '{\n  "[javascript][typescript]": {\n    "fixture.perLanguage": 6\n  }\n}\n';

    it('is read, and built on', async () => {
      await begin(block, 'perLanguage', 6, 'typescript');
      expect(service.get('perLanguage', { languageId: 'javascript' })).to.equal(6);
      await service.update('perLanguage', (width) => width + 2, typescript);
      expect([service.get('perLanguage', { languageId: 'typescript' }), shown('perLanguage', 'typescript')]).to.deep.equal([8, 8]);
      expect(service.get('perLanguage', { languageId: 'javascript' }), 'the other stays').to.equal(6);
    });

    it('is not changed for one of them: a reset is refused, with the line', async () => {
      await begin(block, 'perLanguage', 6, 'typescript');
      const error = await rejection(service.update('perLanguage', undefined, typescript)) as StoreError;
      expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'conflict', retryable: false });
      expect(error.message).to.contain('"[javascript][typescript]"').and.to.contain('line 3');
      expect(error.userAction).to.equal('Change the setting in "[javascript][typescript]" in the settings file (line 3).');
      expect(text()).to.equal(block);
      expect(service.breakers()[0]!.consecutiveFailures).to.equal(0);
    });
  });

  describe('F14 an object of which a lower layer holds members as well', () => {
    it('is stored, and the answer says which layer shows through (P29)', async () => {
      await service.update('options', { a: 1, b: 2 }, { target: 'user' });
      expect(await service.update('options', {}, workspace)).to.deep.equal({ outcome: 'stored', target: 'workspace', shadowedBy: 'user' });
      expect(readSettings()).to.deep.equal({ 'fixture.options': {} });
      expect(service.get('options')).to.deep.equal({ a: 1, b: 2 });
      expect(await service.update('options', { a: 3, b: 4 }, workspace), 'nothing shows through').to.deep.equal({ outcome: 'stored', target: 'workspace' });
      await service.update('options', undefined, { target: 'user' });
    });

    it('so does the default', async () => {
      expect(await service.update('limits', { low: 5 }, workspace)).to.deep.equal({ outcome: 'stored', target: 'workspace', shadowedBy: 'default' });
      expect(service.get('limits')).to.deep.equal({ low: 5, high: 9 });
      const { low: _, ...rest } = service.get('limits') as Record<string, number>;
      expect(await service.update('limits', () => rest, workspace)).to.include({ shadowedBy: 'default' });
      expect(readSettings()).to.deep.equal({ 'fixture.limits': { high: 9 } });
    });
  });

  it('a file with line ends of another system is repaired as well', async () => {
    await begin('{\r\n  "fixture.count": 5,\r\n  "fixture.count": 6\r\n}\r\n', 'count', 6);
    await service.update('count', 8, workspace);
    expect(text()).to.equal('{\r\n  "fixture.count": 8\r\n}\r\n');
  });

  it('is left as it was by whatever is only read', async () => {
    const written = '{\n  "fixture.count": 5,\n  "fixture.count": 6,\n  "fixture": { "name": "x" },\n}\n';
    await begin(written, 'name', 'x');
    await service.health();
    await service.reload();
    expect(text()).to.equal(written);
  });
});
