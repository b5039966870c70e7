import { expect } from 'chai';
import type { Frame } from 'playwright-core';
import { until } from '../limits.ts';
import { accessibilityProblems, type Desk } from './workbench.ts';

/** With the keyboard alone, with a screen reader, without motion, and in every kind of theme. The breaker was OPEN, and is CLOSED. */
export function anyoneCanUseIt(at: () => { readonly desk: Desk; readonly frame: Frame }): void {
  it('zooms, pans and fits with the keyboard, and follows what is active again', async () => {
    const { desk, frame } = at();
    const { keyboard } = desk.workbench.page;
    const box = async (): Promise<number[]> => (await frame.locator('#chart svg').getAttribute('viewBox'))!.split(' ').map(Number);
    const press = async (key: string): Promise<{ before: number[]; after: number[] }> => {
      const before = await box();
      await keyboard.press(key);
      return { before, after: await box() };
    };
    await desk.workbench.page.emulateMedia({ reducedMotion: 'reduce' });
    await frame.locator('#chart').focus();
    const fitted = (await press('0')).after;
    expect(fitted[2]! / fitted[3]!, 'the whole chart').to.be.greaterThan(3);
    const nearer = await press('+');
    expect(nearer.after[2]).to.be.lessThan(nearer.before[2]!);
    const right = await press('ArrowRight');
    expect(right.after[0]).to.be.greaterThan(right.before[0]!);
    const down = await press('ArrowDown');
    expect(down.after[1]).to.be.greaterThan(down.before[1]!);
    const farther = await press('-');
    expect(farther.after[2]).to.be.greaterThan(farther.before[2]!);
    await frame.getByRole('button', { name: 'Follow', pressed: false }).click();
    await frame.getByRole('button', { name: 'Follow', pressed: true }).waitFor();
  });

  it('has lines between its panes, to be moved with the keyboard and by dragging, and put back', async () => {
    const { desk, frame } = at();
    const { mouse } = desk.workbench.page;
    const size = async (selector: string): Promise<{ width: number; height: number }> => (await frame.locator(selector).boundingBox())!;
    for (const [name, pane, side, more] of [['Height of the events', '#what', 'height', 'ArrowUp'], ['Width of the actors', 'nav', 'width', 'ArrowRight'], ['Height of the context', '#details', 'height', 'ArrowUp']] as const) {
      const line = frame.getByRole('separator', { name });
      const before = (await size(pane))[side];
      const said = Number(await line.getAttribute('aria-valuenow'));
      for (let i = 0; i < 3; i++) await line.press(more);
      expect((await size(pane))[side] - before, name).to.be.closeTo(48, 2);
      expect(Number(await line.getAttribute('aria-valuenow')), name).to.be.greaterThan(said);
      const { x, y, width, height } = (await line.boundingBox())!;
      await mouse.move(x + width / 2, y + height / 2);
      await mouse.down();
      await mouse.move(x + width / 2 + (side === 'width' ? -60 : 0), y + height / 2 + (side === 'width' ? 0 : 60), { steps: 3 });
      await mouse.up();
      expect((await size(pane))[side] - before, `${name}, dragged`).to.be.closeTo(-12, 2);
      await line.press('End');
      for (const other of ['nav', '#chart', '#details', '#log']) expect((await size(other)).height, `${other} is there still`).to.be.greaterThan(20);
      await line.press('Enter');
      expect((await size(pane))[side], `${name}, as before`).to.be.closeTo(before, 1);
    }
  });

  it('moves nothing for whoever wants no motion', async () => {
    const { desk, frame } = at();
    const { page } = desk.workbench;
    const duration = () => frame.evaluate<string>(`getComputedStyle(document.querySelector('.state rect')).transitionDuration`);
    const slider = frame.getByRole('slider', { name: 'Time' });
    const active = (state: string) => frame.locator(`.state.active[data-state="circuit-breaker.${state}"]`);
    const live = async (): Promise<void> => {
      await frame.getByRole('button', { name: 'Live' }).click();
      await active('CLOSED').waitFor();
    };
    /** Goes to a moment when the breaker was open, and back. @returns in how many places the chart was seen */
    const boxes = async (): Promise<number> => {
      await frame.evaluate(`window.boxes = new Set();
        window.watched = new MutationObserver(() => boxes.add(document.querySelector('#chart svg').getAttribute('viewBox')));
        watched.observe(document.querySelector('#chart'), { subtree: true, childList: true, attributes: true, attributeFilter: ['viewBox'] })`);
      await slider.fill(open);
      await active('OPEN').waitFor();
      await live();
      // Two frames in which it has not moved.
      const place = (): Promise<string> => frame.evaluate<string>(`new Promise((resolve) => requestAnimationFrame(() =>
        requestAnimationFrame(() => resolve(document.querySelector('#chart svg').getAttribute('viewBox')))))`);
      for (let before = ''; before !== (before = await place()););
      return frame.evaluate<number>('(watched.disconnect(), boxes.size)');
    };
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('breaker');
    await frame.locator('#log .row').filter({ has: frame.locator('.went', { hasText: /\bOPEN\b/ }) }).first().click();
    await active('OPEN').waitFor();
    const open = await slider.inputValue();
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('');
    await live();

    // VS Code tells its webviews of it a moment later.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await until('nothing is to move', async () => await duration() === '0s');
    const places = await boxes();
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await until('it may move', async () => await duration() !== '0s');
    expect(await duration()).to.match(/0\.2s/);
    // How many frames there are in between, the machine decides.
    await until('the chart is seen in between', async () => await boxes() > places);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await until('nothing is to move again', async () => await duration() === '0s');
    expect(await duration()).to.equal('0s');
    // What else happens in the service meanwhile may place it again.
    await until('the chart jumps as it did at first', async () => await boxes() <= places);
  });

  it('can be used with the keyboard, and axe-core finds nothing wrong', async () => {
    const { desk, frame } = at();
    const actor = (name: string) => frame.getByRole('treeitem', { name });
    const tree = frame.getByRole('tree', { name: 'Actors' });
    await tree.focus();
    await desk.workbench.page.keyboard.press('ArrowUp');
    await frame.getByRole('treeitem', { name: 'lifecycle', selected: true }).waitFor();
    expect(await tree.getAttribute('aria-activedescendant')).to.equal(await actor('lifecycle').getAttribute('id'));
    await frame.locator('[data-state="config-lifecycle.ready"].active').waitFor();
    await desk.workbench.page.keyboard.press('Home');
    await desk.workbench.page.keyboard.press('ArrowLeft');
    await actor('lifecycle').waitFor({ state: 'detached' });
    await desk.workbench.page.keyboard.press('ArrowRight');
    await actor('lifecycle').waitFor();
    expect(await accessibilityProblems(frame)).to.deep.equal([]);
  });

  it('looks right in light and in both kinds of high contrast', async () => {
    const { desk, frame } = at();
    const themes = {
      'light': 'Default Light Modern', 'high-contrast': 'Default High Contrast', 'high-contrast-light': 'Default High Contrast Light',
    };
    for (const [kind, theme] of Object.entries(themes)) {
      await desk.setTheme(theme);
      await frame.locator(`body[data-vscode-theme-kind="vscode-${kind}"]`).waitFor();
      await desk.picture(`inspector-${kind}`);
      expect(await accessibilityProblems(frame)).to.deep.equal([]);
    }
  });
}
