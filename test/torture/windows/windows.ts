import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { hasEnded } from '../../../src/store/ended-process.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { ready } from '../../../tools/products.ts';
import { temporaryFolder } from '../../../tools/vscode-host/home.ts';
import type { VscodeVersion } from '../../../tools/vscode-host/versions.ts';
import { openWorkbench, quietSettings, settingsExtensions, workbenchReady, type Workbench } from '../../../tools/vscode-host/workbench.ts';
import { elapse, until } from '../../limits.ts';
import { Program } from '../processes.ts';
import { fromLine } from '../programs/answers.ts';
import { now, settingsIn, type Done } from '../programs/definition.ts';
import { isTorn, judge, tornOf, type Life, type Look, type Save, type Verdict, type Way } from '../verdict.ts';
import { partsIn, type WindowPlan } from './definition.ts';
import { extensionFolder, tortureExtension } from './product.ts';

/** Windows of a real VS Code that write into one settings file, whose extension hosts are killed meanwhile. */

export interface WindowsPlan extends Omit<WindowPlan, 'withoutLock'> {
  readonly seed: number;
  readonly version: VscodeVersion;
  readonly windows: number;
  /** The run goes on until so many updates are acknowledged, and all kills are done. */
  readonly updates: number;
  /** Extension hosts that are killed in the middle of their updates, and as many in the middle of a transaction. */
  readonly kills: number;
  /** How an editor saves the file meanwhile; none: there is none. */
  readonly editor?: readonly Way[];
  /** Default: they take turns. */
  readonly withoutLock?: boolean;
  readonly onProgress?: (text: string) => void;
}

export interface WindowsResult extends Verdict {
  readonly transactions: number;
  readonly kills: { readonly updates: number; readonly transactions: number };
  /** What the file held, where it held a part of a transaction (see `tornOf`), or one whose caller was told that it is not stored. */
  readonly torn: readonly string[];
  /** Documents that a window had unsaved at the end. */
  readonly unsaved: readonly string[];
  /** Windows that could not store their last update, however often they tried. */
  readonly stuck: readonly string[];
  readonly saves: number;
  /** In milliseconds. */
  readonly took: number;
}

type Moment = keyof WindowsResult['kills'];

/** What one extension host has told. */
interface LogOfLife {
  readonly name: string;
  readonly lines: readonly string[];
}

const isEnd = /^end /;
const isTransaction = /^(begun|\w+-all) /;

export async function tortureWindows(plan: WindowsPlan): Promise<WindowsResult> {
  await ready(tortureExtension);
  return new Windows(plan).run();
}

class Windows {
  readonly #plan: WindowsPlan;
  /** Its path is short: VS Code makes sockets in such. */
  readonly #folder = temporaryFolder();
  readonly #random: () => number;
  readonly #pages = new Map<string, Page>();
  readonly #kills = { updates: 0, transactions: 0 };
  readonly #torn: Look[] = [];
  /** The transactions that have been seen in the file. */
  readonly #seen = new Set<string>();
  #workbench!: Workbench;
  #isOver = false;

  constructor(plan: WindowsPlan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
  }

  async run(): Promise<WindowsResult> {
    const { target, burst, withoutLock = false, version, windows, updates, kills, editor, seed, onProgress } = this.#plan;
    const begun = performance.now();
    writeFileSync(path.join(this.#folder, 'plan.json'), JSON.stringify({ target, burst, withoutLock } satisfies WindowPlan));
    mkdirSync(path.join(this.#folder, 'shared/.vscode'), { recursive: true });
    writeFileSync(path.join(this.#folder, 'shared/.vscode/settings.json'), '{}\n');
    const names = Array.from({ length: windows }, (_, index) => `w${index}`);
    this.#workbench = await openWorkbench({
      version,
      folder: this.#workspaceOf(names[0]!),
      userSettings: { ...quietSettings, 'files.autoSave': 'off' },
      viewport: { width: 640, height: 480 },
      builtInExtensions: settingsExtensions,
      extensionDevelopmentPaths: [extensionFolder],
      env: { ...process.env, HOLDFAST_TORTURE: this.#folder },
    });
    const other = editor && new Program('editor.ts', path.join(this.#folder, 'editor.txt'), this.#file, `${seed}`, ...editor);
    try {
      this.#pages.set(names[0]!, this.#workbench.page);
      for (const name of names.slice(1)) await this.#open(name);
      const watching = this.#watch();
      for (let kill = 0; kill < 2 * kills; kill++) {
        await this.#reached(Math.floor((updates * kill) / (2 * kills + 1)));
        await this.#kill(names[Math.floor(this.#random() * windows)]!, kill % 2 === 0 ? 'updates' : 'transactions');
        onProgress?.(`${this.#acknowledged} of ${updates} acknowledged, ${kill + 1} of ${2 * kills} kills`);
      }
      await this.#reached(updates, onProgress);
      writeFileSync(path.join(this.#folder, 'stop'), '');
      const left = (): string[] => names.filter((name) => !this.#lives(name).some(({ lines }) => isEnd.test(lines.at(-1) ?? '')));
      await until('every window has come to its end', () => left().length === 0).catch(() => undefined);
      this.#isOver = true;
      await watching;
      await other?.end('SIGTERM');
      return this.#result(other, left(), performance.now() - begun);
    } finally {
      this.#isOver = true;
      if (other?.isRunning === true) other.child.kill('SIGKILL');
      await this.#workbench.close();
    }
  }

  get #file(): string {
    return this.#plan.target === 'user' ? this.#workbench.home.userSettings : path.join(this.#folder, 'shared/.vscode/settings.json');
  }

  /** Each window has the folder by a link of its own: VS Code opens no folder twice. */
  #workspaceOf(name: string): string {
    mkdirSync(path.join(this.#folder, name));
    const link = path.join(this.#folder, name, 'shared');
    symlinkSync(path.join(this.#folder, 'shared'), link, 'junction');
    return link;
  }

  async #open(name: string): Promise<void> {
    const page = await this.#workbench.browser.newPage();
    this.#pages.set(name, page);
    await page.goto(this.#workbench.server.url({ folder: this.#workspaceOf(name) }));
    await workbenchReady(page);
  }

  // ---- The logs

  #lives(window = ''): LogOfLife[] {
    return readdirSync(this.#folder).filter((name) => name.startsWith(window) && name.endsWith('.log')).map((name) => ({
      name: name.replace(/\.log$/, ''), lines: readFileSync(path.join(this.#folder, name), 'utf8').split('\n').slice(0, -1),
    }));
  }

  get #acknowledged(): number {
    return this.#lives().flatMap(({ lines }) => lines).filter((line) => line.startsWith('stored ')).length;
  }

  async #reached(updates: number, onProgress?: (text: string) => void): Promise<void> {
    for (let shown = -1; this.#acknowledged < updates;) {
      const before = this.#acknowledged;
      await until('another update is acknowledged', () => this.#acknowledged > before);
      const tenth = Math.floor((10 * this.#acknowledged) / updates);
      if (tenth > shown) onProgress?.(`${this.#acknowledged} of ${updates} acknowledged`);
      shown = tenth;
    }
  }

  /** The extension host of a window, at some moment of its updates, or of a transaction; then the window is loaded again. */
  async #kill(window: string, when: Moment): Promise<void> {
    const living = (): LogOfLife | undefined => this.#lives(window).find(({ name }) => !hasEnded(pidOf(name)));
    await until(`${window} is in the middle of its ${when}`, () => {
      const last = living()?.lines.at(-1);
      return last !== undefined && last.startsWith('begun ') === (when === 'transactions');
    });
    await elapse(this.#random() * 50);
    process.kill(pidOf(living()!.name), 'SIGKILL');
    this.#kills[when]++;
    const before = this.#lives(window).length;
    await this.#pages.get(window)!.reload();
    await until(`${window} writes again`, () => this.#lives(window).length > before);
  }

  /** Whoever reads the file never sees a part of a transaction. */
  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const text = readFileSync(this.#file, 'utf8');
      const settings = settingsIn(text);
      const at = now();
      // Who reads while an editor writes in place may see a mixture of before and after; two looks do not see the same one.
      if (settings !== undefined && readFileSync(this.#file, 'utf8') === text) {
        const found = partsIn(settings);
        if (isTorn(found)) this.#torn.push({ at, parts: found });
        else this.#seen.add(found[0]!);
      }
      await elapse(2);
    }
  }

  #result(other: Program | undefined, stuck: readonly string[], took: number): WindowsResult {
    const all = this.#lives();
    const lives = all.map(({ name, lines }): Life => ({
      name, answers: lines.filter((line) => !isTransaction.test(line) && !isEnd.test(line)).map(fromLine), underWay: isEnd.test(lines.at(-1) ?? '') ? 0 : this.#plan.burst,
    }));
    const saves = other?.lines.map((line) => JSON.parse(line) as Save) ?? [];
    const settings = JSON.parse(readFileSync(this.#file, 'utf8')) as { readonly 'torture.done'?: Done };
    const transactions = (ended: string): string[] => all.flatMap(({ lines }) => lines.filter((line) => line.startsWith(`${ended}-all `)).map((line) => line.slice(`${ended}-all `.length)));
    const deniedAndSeen = transactions('denied').filter((text) => this.#seen.has(text)).map((text) => `${text}, which was denied`);
    return {
      ...judge(lives, settings['torture.done'] ?? {}, saves),
      transactions: transactions('stored').length,
      kills: this.#kills,
      torn: [...new Set(tornOf(this.#torn, saves)), ...deniedAndSeen],
      unsaved: all.flatMap(({ lines }) => lines.filter((line) => isEnd.test(line)).flatMap((line) => JSON.parse(line.slice('end '.length)) as string[])),
      stuck,
      saves: saves.length,
      took,
    };
  }
}

const pidOf = (life: string): number => Number(life.split('.').at(-1));
