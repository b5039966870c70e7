import { transformSync } from 'esbuild';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { atExit } from '../../tools/at-exit.ts';
import { limits } from '../limits.ts';
import type { Fault } from './faults.ts';

const root = path.join(import.meta.dirname, '../..');

/** A program that must fail when there is a fault. */
interface Check {
  readonly name: string;
  readonly args: readonly string[];
  /** What it needs; left out while that is not there. */
  readonly needs: string;
  /** What in its output says what it has found. */
  readonly finding: RegExp;
}

const mocha = ['node_modules/mocha/bin/mocha.js', '--no-config', '--bail', '--timeout', `${limits.condition}`, '--reporter', 'dot'];

/** What the simulation plays for each fault: the same runs every time, from this seed on. */
export const simulated = { runs: 300, steps: 150, seed: 1 };

/** The quickest first. Most faults show in the breaker: its tests come before those of the other machines. */
const checks: readonly Check[] = [
  { name: 'generated tests', args: [...mocha, 'test/model/circuit-breaker/*.test.ts', 'test/model/*/*.test.ts'], needs: 'test/model', finding: /1\) (.*\n.*)/ },
  { name: 'simulation', args: ['test/simulation/main.ts', '--runs', `${simulated.runs}`, '--steps', `${simulated.steps}`, '--seed', `${simulated.seed}`], needs: 'test/simulation/main.ts', finding: /\b(P\d+\b.*)/ },
];

/** A check that hangs has noticed something, too: one that takes so many times as long as it does without a fault. */
const slower = 10;

/** What noticed a fault. */
export interface Catch {
  readonly by: string;
  readonly finding: string;
}

/** A copy of the sources, where faults are put in and taken out again. */
export class Workshop {
  /** How long each check has taken without a fault; a slow machine is no fault. */
  readonly #usual = new Map<string, number>();
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'holdfast-mutants-'));

  constructor() {
    for (const each of ['machines', 'src', 'test/model', 'test/night.ts', 'test/simulation', 'package.json', 'tsconfig.json']) {
      if (existsSync(path.join(root, each))) cpSync(path.join(root, each), path.join(this.#folder, each), { recursive: true });
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(this.#folder, 'node_modules'), 'junction');
  }

  /** @returns what notices the fault; without a fault, what fails all the same */
  async try(fault?: Fault): Promise<Catch | undefined> {
    const undo = fault === undefined ? undefined : this.#apply(fault);
    try {
      for (const check of checks) {
        if (!existsSync(path.join(this.#folder, check.needs))) continue;
        const finding = await this.#run(check);
        if (finding !== undefined) return { by: check.name, finding };
      }
      return undefined;
    } finally {
      undo?.();
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #apply({ file, replace, by }: Fault): () => void {
    const place = path.join(this.#folder, file);
    const text = readFileSync(place, 'utf8');
    writeFileSync(place, applied(text, { file, replace, by }));
    return () => writeFileSync(place, text);
  }

  async #run({ name, args, finding }: Check): Promise<string | undefined> {
    const child = spawn(process.execPath, args, { cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = (): void => void child.kill('SIGKILL');
    const started = performance.now();
    const usual = this.#usual.get(name);
    const timer = setTimeout(stop, usual === undefined ? limits.check : Math.max(limits.withoutProgress, usual * slower));
    const done = atExit(stop);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    done();
    if (code === 0) {
      this.#usual.set(name, Math.max(usual ?? 0, performance.now() - started));
      return undefined;
    }
    if (code === null) return 'does not come to an end';
    const seed = /again: .*--seed (\d+)/.exec(output)?.[1];
    const found = (finding.exec(output)?.[1] ?? output.trim().split('\n').at(-1) ?? '').replace(/\s+/g, ' ').slice(0, 160);
    return seed === undefined ? found : `seed ${seed}: ${found}`;
  }
}

/** The text with the fault in it. @throws when the fault does not fit, or is none that could be run */
export function applied(text: string, { file, replace, by }: Pick<Fault, 'file' | 'replace' | 'by'>): string {
  const found = text.split(replace).length - 1;
  if (found !== 1) throw new Error(`${file} has this ${found} times, and must have it once: ${replace}`);
  const faulty = text.replace(replace, () => by);
  transformSync(faulty, { loader: 'ts', logLevel: 'silent' });
  return faulty;
}
