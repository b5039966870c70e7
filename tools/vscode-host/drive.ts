import type { Frame, Locator, Page } from 'playwright-core';

/** Hands for a workbench: what a person does with the keyboard, and what they see. */

/** Runs a command by its title, through the command palette. */
export async function runCommand(page: Page, title: string, timeout = 60_000): Promise<void> {
  const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
  // The palette lists the extensions' commands that VS Code has read when it is opened.
  for (const deadline = performance.now() + timeout; ;) {
    await page.keyboard.press('F1');
    const input = page.locator('.quick-input-widget input[type="text"]:visible');
    await input.waitFor();
    // The palette opens with `>`; filling it whole spares us the question whether it is there yet.
    await input.fill(`>${title}`);
    const found = await row.waitFor({ timeout: 2_000 }).then(() => true, () => false);
    if (found || performance.now() > deadline) break;
    await page.keyboard.press('Escape');
  }
  await row.click();
}

/** Opens a file of the workspace by its name, such as `settings.json`. Needs ripgrep in the server: 1.139.1, not 1.100.3. */
export async function openFile(page: Page, name: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+P');
  const input = page.locator('.quick-input-widget input[type="text"]:visible');
  await input.fill(name);
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first().click();
  await page.locator('.tab.active').filter({ hasText: name }).waitFor();
}

/** The status bar item with this text in it. Its accessible text has no icons. */
export function statusBarItem(page: Page, text: string | RegExp): Locator {
  return page.locator('.part.statusbar .statusbar-item').filter({ hasText: text });
}

/** The notifications on the page now. */
export function notifications(page: Page): Locator {
  return page.locator('.notification-toast .notification-list-item');
}

/** Presses a button of the notification with this text in it: of the toast, or where VS Code puts toasts away after some seconds. */
export async function answerNotification(page: Page, text: string | RegExp, button: string): Promise<void> {
  const pressed = await notifications(page).filter({ hasText: text }).getByRole('button', { name: button }).click({ timeout: 10_000 }).then(() => true, () => false);
  if (pressed) return;
  await runCommand(page, 'Notifications: Show Notifications');
  await page.locator('.notifications-center .notification-list-item').filter({ hasText: text }).getByRole('button', { name: button }).click();
}

/** Names a file in VS Code's own dialog, which looks the path up before it takes Enter. */
export async function answerFileDialog(page: Page, file: string): Promise<void> {
  const input = page.locator('.quick-input-widget input[type="text"]:visible');
  await input.waitFor();
  let before = '';
  for (let tries = 0; tries < 40 && await input.count() > 0; tries++) {
    const value = await input.inputValue().catch(() => '');
    // It replaces what is typed while it still looks its own proposal up.
    if (value === file && before === file) await page.keyboard.press('Enter');
    else if (value !== file && value === before) await input.fill(file).catch(() => undefined);
    before = value;
    await page.waitForTimeout(250);
  }
}

/** The document of the webview with this text in it: VS Code puts each into two nested frames. */
export async function webview(page: Page, text: string | RegExp, timeout = 15_000): Promise<Frame> {
  const deadline = performance.now() + timeout;
  while (performance.now() < deadline) {
    for (const frame of page.frames().filter((each) => each.url().includes('/webview/') && each.url().includes('fake.html'))) {
      if (await frame.getByText(text).count().catch(() => 0) > 0) return frame;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(`No webview shows ${String(text)}.`);
}

/** Does again, three times in all, what a person would do again when nothing came of it. */
export async function again(act: () => Promise<void>): Promise<void> {
  for (let left = 2; ; left--) {
    try {
      return await act();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
