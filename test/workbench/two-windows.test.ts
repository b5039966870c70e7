import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { finishedByTheWritePath, pending } from '../skip.ts';
import { openDesk, openWindow, type Desk, type Window } from './workbench.ts';

/** Each window writes a setting of its own: they have nothing in common but the file of the user settings. */
describe('Two windows at the same user settings', () => {
  let desk: Desk | undefined;
  let second: Window | undefined;

  afterEach(async () => {
    await second?.close();
    await desk?.close();
    desk = second = undefined;
  });

  const stored = (): Record<string, unknown> => JSON.parse(readFileSync(desk!.workbench.home.userSettings, 'utf8')) as Record<string, unknown>;

  /** Both write at once, 20 times each. @returns what each was told last to be stored */
  async function writeAtOnce(): Promise<Record<string, unknown>> {
    desk = await openDesk();
    second = await openWindow(desk);
    const acknowledged: Record<string, unknown> = {};
    const writer = async ({ link }: Pick<Window, 'link'>, key: string, first: number): Promise<void> => {
      for (let value = first; value < first + 20; value++) {
        if ((await link.call('update', key, value, { target: 'user', wait: false })).ok) acknowledged[`nofx.${key}`] = value;
      }
    };
    await Promise.all([writer(desk, 'maxAgents', 5), writer(second, 'claudeInitializationDelay', 10)]);
    return acknowledged;
  }

  pending('F5: each finds in the file what it was told to be stored', finishedByTheWritePath, async () => {
    const acknowledged = await writeAtOnce();
    expect(stored()).to.deep.include({ 'nofx.maxAgents': 24, 'nofx.claudeInitializationDelay': 29 });
    expect(acknowledged).to.deep.equal({ 'nofx.maxAgents': 24, 'nofx.claudeInitializationDelay': 29 });
  });

  pending('F6: a save that VS Code refused because the file was newer: the window writes again, and nothing is left unsaved', finishedByTheWritePath, async () => {
    await writeAtOnce();
    const answers = await Promise.all([
      desk!.link.call('update', 'maxAgents', 40, { target: 'user', wait: false }),
      second!.link.call('update', 'claudeInitializationDelay', 40, { target: 'user', wait: false }),
    ]);
    for (const answer of answers) expect(answer).to.deep.include({ ok: true });
    expect(stored()).to.deep.include({ 'nofx.maxAgents': 40, 'nofx.claudeInitializationDelay': 40 });
  });
});
