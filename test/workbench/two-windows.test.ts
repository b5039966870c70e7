import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { night } from '../night.ts';
import { openDesk, openWindow, type Desk, type Window } from './workbench.ts';

/** Each window writes a setting of its own: they have nothing in common but the file. */
night.describe('Two windows at the same settings file', () => {
  let desk: Desk | undefined;
  let second: Window | undefined;

  // One pair for both files: to open a window costs more than all of the rest.
  before(async () => {
    desk = await openDesk({}, { workspaceSettings: '{\n  // of both\n}\n' });
    second = await openWindow(desk);
  });

  after(async () => {
    await second?.close();
    await desk?.close();
  });

  const targets = ['user', 'workspace'] as const;
  type Target = (typeof targets)[number];
  /** Many, and more windows, in `npm run torture:windows`. */
  const rounds = 6;

  function stored(target: Target): Record<string, unknown> {
    const file = target === 'user' ? desk!.workbench.home.userSettings : path.join(desk!.workspace, '.vscode/settings.json');
    return JSON.parse(readFileSync(file, 'utf8').replace(/\/\/.*/g, '')) as Record<string, unknown>;
  }

  /** Both write at once. @returns what each was told, and the value that it was told last to be stored */
  async function writeAtOnce(target: Target): Promise<{ readonly refused: unknown[]; readonly acknowledged: Record<string, unknown> }> {
    const acknowledged: Record<string, unknown> = {};
    const refused: unknown[] = [];
    const writer = async ({ link }: Pick<Window, 'link'>, key: string, first: number): Promise<void> => {
      for (let value = first; value < first + rounds; value++) {
        const { ok, error } = await link.call('update', key, value, { target, wait: false });
        if (ok) acknowledged[`nofx.${key}`] = value;
        else refused.push(error);
      }
    };
    await Promise.all([writer(desk!, 'maxAgents', 5), writer(second!, 'claudeInitializationDelay', 10)]);
    return { refused, acknowledged };
  }

  /** Nothing that VS Code holds unsaved is left in either window. */
  async function nothingUnsaved(): Promise<void> {
    for (const { link } of [desk!, second!]) expect(await link.call('unsaved')).to.deep.include({ ok: true, value: [] });
  }

  for (const target of targets) {
    it(`F5 F6 (${target} settings) each finds in the file what it was told to be stored, none is refused, and nothing is left unsaved`, async () => {
      const { refused, acknowledged } = await writeAtOnce(target);
      expect(refused).to.deep.equal([]);
      expect(acknowledged).to.deep.equal({ 'nofx.maxAgents': 4 + rounds, 'nofx.claudeInitializationDelay': 9 + rounds });
      expect(stored(target)).to.deep.include(acknowledged);
      await nothingUnsaved();
      const answers = await Promise.all([
        desk!.link.call('update', 'maxAgents', 40, { target, wait: false }),
        second!.link.call('update', 'claudeInitializationDelay', 40, { target, wait: false }),
      ]);
      for (const answer of answers) expect(answer).to.deep.include({ ok: true });
      expect(stored(target)).to.deep.include({ 'nofx.maxAgents': 40, 'nofx.claudeInitializationDelay': 40 });
    });
  }
});
