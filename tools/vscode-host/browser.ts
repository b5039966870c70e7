import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { limits } from '../../test/limits.ts';

/** Flags for a browser that talks to nobody but our server, in a container or on a desk. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where Chromium is: CHROMIUM_PATH, or one of the usual names. Throws an error that says how to get one. */
export function findChromium(): string {
  const named = process.env['CHROMIUM_PATH'];
  if (named) {
    if (!isExecutable(named)) throw new Error(`CHROMIUM_PATH names ${named}, which cannot be run.`);
    return named;
  }
  // Debian's shell shows the same pages without a browser around them, and takes less of the processor.
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => path.join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error([
    'No Chromium was found. VS Code runs in one here.',
    '  Debian:          sudo apt-get install chromium-headless-shell',
    '  Ubuntu:          sudo apt-get install chromium',
    '  Fedora:          sudo dnf install chromium',
    '  macOS:           brew install --cask chromium',
    '  Anywhere else:   set CHROMIUM_PATH to a Chromium or Google Chrome.',
  ].join('\n'));
}

export interface BrowserOptions {
  /** Size of the page in CSS pixels. Default: 1440 x 900. */
  readonly viewport?: { width: number; height: number };
  /** Spares the processor what Playwright hears of the network: its `route` and `waitForResponse` do not work then. Default: false. */
  readonly withoutNetworkEvents?: boolean;
  /** Hosts, with their ports, that are elsewhere. */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
}

/**
 * Starts Chromium with a profile folder of its own, which the caller removes. It ends with our process, or by `close()`.
 * Its pages are waited for as long as a test waits for a condition, however busy the machine is.
 */
export async function launchChromium(profile: string, options: BrowserOptions = {}): Promise<BrowserContext> {
  const executable = findChromium();
  const wrapped = options.withoutNetworkEvents === true && process.platform !== 'win32';
  const rules = Object.entries(options.hosts ?? {}).map(([host, where]) => `MAP ${host} ${where}`);
  const browser = await chromium.launchPersistentContext(profile, {
    timeout: limits.condition,
    executablePath: wrapped ? path.join(import.meta.dirname, 'chromium') : executable,
    headless: true,
    args: [...flags, ...(rules.length === 0 ? [] : [`--host-resolver-rules=${rules.join(',')}`])],
    // Beside the profile instead of in the machine's own places, so that they go away with it.
    artifactsDir: path.join(profile, 'artifacts'),
    env: { ...process.env, XDG_CONFIG_HOME: path.join(profile, 'config'), XDG_CACHE_HOME: path.join(profile, 'cache'), HOLDFAST_CHROMIUM: executable, HOLDFAST_NODE: process.execPath },
    viewport: options.viewport ?? { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    // The caller decides what a signal does.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  // Of every page, also one that is opened later.
  browser.setDefaultTimeout(limits.condition);
  return browser;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
