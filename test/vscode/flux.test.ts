import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../src/errors.ts';
import { settlingTime } from '../../src/store/store.ts';
import { SettingsFile } from '../../src/store/vscode-settings-file.ts';
import { elapse, limits, until } from '../limits.ts';
import { night } from '../night.ts';
import { MemoryFiles } from './multi-root/memory-files.ts';
import { closeEditors, readSettings, rejection, resetSettings, settingsFile, superviseFixture, writeSettings } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;
const workspace = { target: 'workspace' } as const;

/** What is in the list before anything happens to the file. */
const forty = Array.from({ length: 40 }, (_, item) => `item ${item}`);
/** Another program empties the file and writes it this much later, in ms: as a plain `writeFile` does, and as VS Code certainly notices. */
const gaps = [15, settlingTime / 2];

/** How another program may save settings.json. What it writes it has read before. */
const saves: Readonly<Record<string, (text: string, gap: number) => Promise<void>>> = {
  'empties it and then writes it': async (text, gap) => {
    writeSettings('');
    await elapse(gap);
    writeSettings(text);
  },
  'writes one half and then the other': async (text, gap) => {
    writeSettings(text.slice(0, text.length / 2));
    await elapse(gap);
    writeSettings(text);
  },
  'removes it and then puts another in its place': async (text, gap) => {
    rmSync(settingsFile());
    await elapse(gap);
    const other = `${settingsFile()}.new`;
    writeFileSync(other, text);
    renameSync(other, settingsFile());
  },
};

describe('A settings.json that another program is just saving', () => {
  let service: Service;
  let changes: (readonly [key: string, before: unknown, now: unknown])[];

  after(resetSettings);

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
    await service.update('recent', forty, workspace);
    await service.update('count', 7, workspace);
    await service.update('perLanguage', 12, { ...workspace, languageId: 'typescript' });
    changes = [];
    for (const key of ['recent', 'count', 'perLanguage', 'name'] as const) service.onDidChange(key, (now, before) => changes.push([key, before, now]));
    service.onDidChange('perLanguage', (now, before) => changes.push(['typescript', before, now]), { languageId: 'typescript' });
  });

  afterEach(async () => {
    await service.dispose();
  });

  /** All that is told while another program saves the file three times, and what is served then. */
  async function watch(save: (text: string, gap: number) => Promise<void>, gap: number): Promise<void> {
    for (const round of [1, 2, 3]) {
      const text = JSON.stringify({ ...readSettings(), 'fixture.name': `round ${round}` }, null, 2);
      await save(text, gap);
      await until('the new value is served', () => service.get('name') === `round ${round}`);
    }
    // VS Code says what it has read in between, if anything, by now.
    await elapse(500);
    expect(changes.filter(([key]) => key !== 'name')).to.deep.equal([]);
    expect([service.get('recent').length, service.get('count'), service.get('perLanguage', { languageId: 'typescript' })]).to.deep.equal([40, 7, 12]);
    expect(changes).to.deep.equal([['name', 'none', 'round 1'], ['name', 'round 1', 'round 2'], ['name', 'round 2', 'round 3']]);
    expect(service.status).to.equal('healthy');
  }

  for (const [how, save] of Object.entries(saves)) {
    for (const gap of gaps) {
      const test = gap === gaps[0] ? it : night.it;
      test(`F48 ${how}, ${gap} ms later: reads stay as they are (P33)`, () => watch(save, gap));

      test(`F48 ${how}, ${gap} ms later: nothing is computed from what is there meanwhile (P28)`, async () => {
        const seen: number[] = [];
        for (const round of [1, 2, 3]) {
          const text = JSON.stringify({ ...readSettings(), 'fixture.name': `round ${round}` }, null, 2);
          const saved = save(text, gap);
          const update = service.update('recent', (list) => {
            seen.push(list.length);
            return [...list, `round ${round}`];
          }, workspace).then(() => true, () => false);
          await saved;
          const stored = await update;
          const { 'fixture.recent': recent, 'fixture.name': name, 'fixture.count': count } = readSettings() as Record<string, unknown[]>;
          expect(recent!.slice(0, 40), 'what was there before').to.deep.equal(forty);
          expect([name, count], 'what the other program wrote, and what it left').to.deep.equal([`round ${round}`, 7]);
          if (stored) expect(recent!.at(-1)).to.equal(`round ${round}`);
        }
        expect(Math.min(...seen), 'items that the function was given').to.be.at.least(40);
      });
    }
  }

  it('F48 the place of a setting is the one that held it before', async () => {
    const text = readFileSync(settingsFile(), 'utf8');
    const update = new Promise((resolve, reject) => {
      const listener = vscode.workspace.onDidChangeConfiguration(() => {
        if (vscode.workspace.getConfiguration('fixture', null).inspect('recent')?.workspaceValue !== undefined) return;
        listener.dispose();
        // VS Code shows nothing. The text comes at once: a file that stays empty is believed.
        service.update('recent', (list) => [...list, 'more']).then(resolve, reject);
        writeSettings(text);
      });
    });
    writeSettings('');
    expect(await update).to.include({ target: 'workspace' });
    expect(readSettings()['fixture.recent']).to.deep.equal([...forty, 'more']);
  });

  it('F48 a person who empties the file and saves it is believed, with a change of each value, and it can be written again', async () => {
    const document = await vscode.workspace.openTextDocument(settingsFile());
    await until('the editor has the file', () => document.getText() === readFileSync(settingsFile(), 'utf8'));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.delete(new vscode.Range(0, 0, document.lineCount, 0)));
    expect(await document.save()).to.equal(true);
    await until('the defaults are served', () => service.get('count') === 3 && service.get('recent').length === 0 && service.get('perLanguage', { languageId: 'typescript' }) === 4);
    expect(changes).to.have.deep.members([['recent', forty, []], ['count', 7, 3], ['typescript', 12, 4]]);
    await until('it is healthy', () => service.status === 'healthy');
    await service.update('recent', (list) => [...list, 'first'], workspace);
    expect(readSettings()).to.deep.equal({ 'fixture.recent': ['first'] });
  });

  it('F48 a file that is deleted for good is believed as well, and is made again by a write', async () => {
    rmSync(settingsFile());
    await until('the defaults are served', () => service.get('count') === 3 && service.get('recent').length === 0);
    expect(existsSync(settingsFile())).to.equal(false);
    await service.update('count', (count) => count + 1, workspace);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 4 });
  });

  it('F48 half a file that stays so is refused, as one that does not parse; what it held is served until it is mended', async () => {
    const text = readFileSync(settingsFile(), 'utf8');
    writeSettings(text.slice(0, text.length / 2));
    const error = await rejection(service.update('recent', (list) => [...list, 'more'], { ...workspace, wait: false }));
    expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'invalid-file', retryable: false });
    await until('it is noticed', () => service.status !== 'healthy');
    // Another file is written meanwhile.
    await service.update('application', true, { target: 'user' });
    expect([service.get('recent').length, service.get('count'), service.get('application')]).to.deep.equal([40, 7, true]);
    writeSettings(text);
    await until('it is healthy', () => service.status === 'healthy');
    expect(changes).to.deep.equal([]);
    await service.update('recent', (list) => [...list, 'more'], workspace);
    expect(readSettings()['fixture.recent']).to.deep.equal([...forty, 'more']);
    await service.update('application', undefined, { target: 'user' });
  });
});

describe('A settings file in flux', () => {
  it('F48 P43 is looked at until it stands still, and no longer', async () => {
    const files = new MemoryFiles('holdfast-flux');
    const uri = vscode.Uri.parse('holdfast-flux:/.vscode/settings.json');
    files.createDirectory(vscode.Uri.joinPath(uri, '..'));
    const write = (text: string): void => files.writeFile(uri, new TextEncoder().encode(text));
    const file = new SettingsFile('workspace', uri);
    write('{ "a": 1 }');
    expect((await file.read()).kind).to.equal('valid');

    write('');
    const began = performance.now();
    const state = await file.read();
    expect(performance.now() - began, 'as long as is documented').to.be.at.least(settlingTime);
    expect(state.kind === 'valid' && state.content.isEmpty, 'it is empty').to.equal(true);
    const looks = files.reads;
    await elapse(300);
    expect(files.reads, 'P43').to.equal(looks);
    const again = performance.now();
    await file.read();
    expect(files.reads, 'what it says is known').to.equal(looks + 1);
    expect(performance.now() - again).to.be.below(limits.attempt);

    const growing = (step: number): string => `{ "a": 1${', "b": 2'.repeat(step)}`;
    const document = await vscode.workspace.openTextDocument(uri);
    for (const textAt of [growing, (step: number): string => (step % 2 === 0 ? '\n'.repeat(step) : growing(step))]) {
      write('{ "a": 1 }');
      await file.read();
      let step = 0;
      // Each read finds another text, and VS Code is not told of the changes.
      files.silent = true;
      files.onRead = () => write(textAt(step++));
      expect((await file.read()).kind, 'cut off or empty, and changing').to.equal('being written');
      const edit = new vscode.WorkspaceEdit();
      edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), '{ "ours": 1 }');
      await vscode.workspace.applyEdit(edit);
      await file.afterFailure({ dirty: false, text: '{ "a": 1 }' }, new StoreError('io', 'It failed.'));
      expect(document.getText(), 'what it says is not known, and not put into the document').to.equal('{ "ours": 1 }');
      Object.assign(files, { onRead: undefined, silent: false });
      write(growing(1));
      await until('it stands still', async () => (await file.read()).kind === 'invalid');
    }

    write('{}');
    await file.read();
    write('');
    const pending = file.read();
    file.dispose();
    await pending;
    await closeEditors();
    files.dispose();
  });
});
