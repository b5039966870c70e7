/**
 * A step of `npm run pictures`: an outage as the State Inspector shows it, recorded from a real VS Code. A fault is
 * injected, writes fail, the breaker opens, and heals when the fault is taken back: docs/images/inspector-outage.png, animated.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './vscode-host/drive.ts';
import { nofxFolder, projectRoot } from './vscode-host/paths.ts';
import { endDesks, inspectorFrame, openDesk } from '../test/workbench/workbench.ts';
import { animatedPng, type Frame } from './animated-png.ts';

const images = path.join(projectRoot, 'docs/images');
/** The window without its title. */
const clip = { x: 0, y: 35, width: 1_000, height: 745 };
const inWorkspace = { target: 'workspace' };

const desk = await openDesk({
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.activityBar.location': 'hidden',
  // The notification would lie over what is shown.
  'holdfast.alerts.notify': false,
}, { nofx: nofxFolder, viewport: { width: clip.width, height: clip.y + clip.height } });
try {
  const { page } = desk.workbench;
  // What moves is drawn where it comes to rest: a frame in between would show neither.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await desk.link.call('update', 'maxAgents', 5, inWorkspace);
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await runCommand(page, 'Holdfast: Open State Inspector');
  const frame = await inspectorFrame(desk);
  const active = (state: string) => frame.locator(`.state.active[data-state="circuit-breaker.${state}"]`);
  await frame.getByRole('treeitem', { name: 'breaker ·' }).click();
  await active('CLOSED').waitFor();
  await page.locator('.part.sidebar').waitFor({ state: 'hidden' });

  const frames: Frame[] = [];
  /** Records until `holds`, and `linger` ms more. */
  const record = async (linger: number, holds: () => Promise<boolean> = async () => true): Promise<void> => {
    for (let since: number | undefined; since === undefined || performance.now() - since < linger;) {
      const started = performance.now();
      frames.push({ png: await page.screenshot({ clip }), ms: 0 });
      if (since === undefined && await holds()) since = performance.now();
      await page.waitForTimeout(Math.max(0, 150 - (performance.now() - started)));
      frames[frames.length - 1] = { ...frames.at(-1)!, ms: performance.now() - started };
    }
  };
  const shown = (state: string) => async (): Promise<boolean> => await active(state).count() > 0;
  await record(1_200);
  await frame.getByRole('button', { name: 'fail', exact: true }).click();
  await record(700);
  for (let value = 11; value <= 15; value++) {
    await desk.link.call('update', 'maxAgents', value, inWorkspace);
    await record(value === 15 ? 2_400 : 350);
  }
  await shown('OPEN')();
  // Slow, and yet it works: so the probe can be seen.
  const parked = desk.link.call('update', 'maxAgents', 7, { ...inWorkspace, park: true });
  await record(500);
  await frame.getByRole('button', { name: 'lag', exact: true }).click();
  await record(0, shown('HALF_OPEN'));
  await record(500, shown('CLOSED'));
  await frame.getByRole('button', { name: 'work', exact: true }).click();
  await parked;
  await record(2_500);

  mkdirSync(images, { recursive: true });
  const file = animatedPng(frames);
  writeFileSync(path.join(images, 'inspector-outage.png'), file);
  console.log(`docs/images/inspector-outage.png: ${frames.length} frames, ${(file.length / 1e6).toFixed(2)} MB`);
} finally {
  await desk.close();
  await endDesks();
}
