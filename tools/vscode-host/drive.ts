import type { Frame, Locator, Page } from 'playwright-core';
import { again, elapse, limits, until } from '../../test/limits.ts';

/** Hands for a workbench: what a person does with the keyboard, and what they see. */

const input = (page: Page): Locator => page.locator('.quick-input-widget input[type="text"]:visible');

/** Runs a command by its title, through the command palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
  // The palette lists the extensions' commands that VS Code has read when it is opened: later it has more.
  await again(async (timeout) => {
    await page.keyboard.press('F1');
    try {
      // The palette opens with `>`; filling it whole spares us the question whether it is there yet.
      await input(page).fill(`>${title}`, { timeout });
      await row.click({ timeout });
    } catch (error) {
      await page.keyboard.press('Escape');
      throw error;
    }
  });
}

/** Opens a file of the workspace by its name, such as `settings.json`. Needs ripgrep in the server: 1.139.1, not 1.100.3. */
export async function openFile(page: Page, name: string): Promise<void> {
  await again(async (timeout) => {
    await page.keyboard.press('ControlOrMeta+P');
    try {
      await input(page).fill(name, { timeout });
      await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first().click({ timeout });
    } catch (error) {
      await page.keyboard.press('Escape');
      throw error;
    }
  });
  await page.locator('.tab.active').filter({ hasText: name }).waitFor();
}

/** Shows Holdfast's view, and retries until it contains this item: a window that has just opened may switch to another view. */
export async function showHoldfast(page: Page, item: Locator): Promise<void> {
  await again(async (timeout) => {
    await runCommand(page, 'View: Show Holdfast');
    await item.first().waitFor({ timeout });
  });
}

/** The status bar item with this text in it. Its accessible text has no icons. */
export function statusBarItem(page: Page, text: string | RegExp): Locator {
  return page.locator('.part.statusbar .statusbar-item').filter({ hasText: text });
}

export const shownNotifications = '.notification-toast .notification-list-item, .notifications-center.visible .notification-list-item';

/** The notifications on the page now: as toasts, of which VS Code shows three at most and for some seconds, or in its list of all. */
export function notifications(page: Page): Locator {
  return page.locator(shownNotifications);
}

/** The notification with this text: its toast, or where VS Code keeps it when the toast has gone. */
export async function notification(page: Page, text: string | RegExp): Promise<Locator> {
  const found = notifications(page).filter({ hasText: text });
  await again(async (timeout) => {
    try {
      await found.first().waitFor({ timeout });
    } catch (error) {
      await runCommand(page, 'Notifications: Show Notifications');
      throw error;
    }
  });
  return found;
}

/** Presses a button of the notification with this text in it, or follows a link of it. */
export async function answerNotification(page: Page, text: string | RegExp, button: string): Promise<void> {
  await again(async (timeout) => {
    const found = await notification(page, text);
    const named = { name: button, exact: true };
    await found.getByRole('button', named).or(found.getByRole('link', named)).first().click({ timeout });
  });
}

/** Names a file in VS Code's own dialog, which looks the path up before it takes Enter. */
export async function answerFileDialog(page: Page, file: string): Promise<void> {
  const field = input(page);
  // Until it has listed the folder, it replaces what is typed.
  await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
  await again(async (timeout) => {
    if (await field.count() === 0) return;
    await field.fill(file, { timeout });
    await elapse(limits.look * 10);
    if (await field.inputValue({ timeout }) !== file) throw new Error(`The dialog does not take ${file}.`);
    await page.keyboard.press('Enter');
    await field.waitFor({ state: 'hidden', timeout });
  });
}

/** The document of the webview with this text in it: VS Code puts each into two nested frames. */
export async function webview(page: Page, text: string | RegExp): Promise<Frame> {
  let found: Frame | undefined;
  await until(`a webview shows ${String(text)}`, async () => {
    for (const frame of page.frames().filter((each) => each.url().includes('/webview/') && each.url().includes('fake.html'))) {
      if (await frame.getByText(text).count().catch(() => 0) > 0) found = frame;
    }
    return found !== undefined;
  });
  return found!;
}

/** Hovers over an item until its hover is shown: VS Code gives a hover up when something else moves meanwhile. */
export async function hoverOver(page: Page, item: Locator, hover: Locator, elsewhere = { x: 400, y: 300 }): Promise<void> {
  await again(async (timeout) => {
    await page.mouse.move(elsewhere.x, elsewhere.y);
    await item.hover({ timeout });
    await hover.waitFor({ timeout });
  });
}

/** What comes and goes by itself. */
export interface Watch {
  /** The texts that were shown, in order; one that went and came back is there twice. */
  seen(): Promise<string[]>;
  /** Waits until a text was shown, whether it still is or not. */
  until(text: string | RegExp): Promise<void>;
}

/** Notes from now on what elements of the page show: VS Code takes some of it away after a few seconds. One watch a name. */
export async function watch(page: Page, name: string, selector: string): Promise<Watch> {
  await page.evaluate(`(() => {
    const watches = window.holdfastWatches ??= {};
    watches[${JSON.stringify(name)}]?.observer.disconnect();
    const seen = [];
    let before = new Set();
    const look = () => {
      const now = new Set([...document.querySelectorAll(${JSON.stringify(selector)})].map(({ textContent }) => textContent));
      seen.push(...[...now].filter((text) => !before.has(text)));
      before = now;
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class'] });
    watches[${JSON.stringify(name)}] = { seen, observer };
    look();
  })()`);
  const seen = (): Promise<string[]> => page.evaluate<string[]>(`window.holdfastWatches[${JSON.stringify(name)}].seen`);
  const isIn = (text: string | RegExp) => (shown: string): boolean => (typeof text === 'string' ? shown.includes(text) : text.test(shown));
  return { seen, until: (text) => until(`${selector} shows ${String(text)}`, async () => (await seen()).some(isIn(text))) };
}

/** Waits until what the page fades or slides in has come to rest. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(`Promise.all(document.getAnimations()
    .filter(({ effect, playState }) => playState === 'running' && Number.isFinite(effect?.getComputedTiming().endTime))
    .map(({ finished }) => finished.catch(() => undefined))).then(() => undefined)`);
}
