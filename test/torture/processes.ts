import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lease, lockOf } from '../../src/store/file-lock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { elapse, until } from '../limits.ts';
import { fromLine } from './programs/answers.ts';
import type { Done } from './programs/definition.ts';
import { judge, type Life, type Save, type Verdict, type Way } from './verdict.ts';

/** Processes that update one settings file, and are killed and stopped meanwhile. */

export interface Plan {
  readonly seed: number;
  readonly processes: number;
  /** The run goes on until so many updates are acknowledged, and all kills and pauses are done. */
  readonly updates: number;
  readonly kills: Interruptions;
  /** Each longer than the lease of the lock. */
  readonly pauses: Interruptions;
  /** How an editor saves the file meanwhile; none: there is none. */
  readonly editor?: readonly Way[];
  /** Between its last look and the replacement of the file a writer waits for up to so many milliseconds. Default 0. */
  readonly moment?: number;
  /** The writers take no turns: shows that this finds what is lost. */
  readonly withoutLock?: boolean;
  readonly onProgress?: (text: string) => void;
}

export interface Interruptions {
  /** At any moment. */
  readonly anytime: number;
  /** While the process holds the lock. */
  readonly holding: number;
}

export interface Result extends Verdict {
  /** What was really done. */
  readonly kills: Interruptions;
  readonly pauses: Interruptions;
  readonly saves: number;
  /** In milliseconds. */
  readonly took: number;
}

interface Interruption {
  readonly kind: 'kill' | 'pause';
  readonly holding: boolean;
}

/** Runs a program with its output in a file, so that nothing of it is lost when it is killed. */
export class Program {
  readonly child: ChildProcess;
  readonly #output: string;
  readonly #ended: Promise<void>;
  #problem = '';

  constructor(program: string, output: string, ...args: string[]) {
    const descriptor = openSync(output, 'a');
    this.#output = output;
    this.child = spawn(process.execPath, [path.join(import.meta.dirname, 'programs', program), ...args], { stdio: ['ignore', descriptor, 'pipe'] });
    closeSync(descriptor);
    this.child.stderr!.on('data', (text: Buffer) => (this.#problem += text.toString()));
    this.#ended = new Promise((resolve) => this.child.once('close', () => resolve()));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The lines that it has printed so far. */
  get lines(): readonly string[] {
    return readFileSync(this.#output, 'utf8').split('\n').slice(0, -1);
  }

  /** @throws Error what it has said of a problem */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.#ended;
    if (this.#problem !== '') throw new Error(this.#problem);
  }
}

class Writer extends Program {
  readonly name: string;
  isPaused = false;
  wasKilled = false;

  constructor(folder: string, file: string, name: string, { moment = 0, withoutLock = false }: Plan) {
    super('writer.ts', path.join(folder, `${name}.log`), file, name, `${moment}`, ...(withoutLock ? ['--without-lock'] : []));
    this.name = name;
  }

  get life(): Life {
    return { name: this.name, answers: this.lines.map(fromLine), underWay: this.wasKilled ? 1 : 0 };
  }
}

export async function torture(plan: Plan): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-torture-'));
  try {
    return await new Torture(plan, folder).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Torture {
  readonly #plan: Plan;
  readonly #folder: string;
  readonly #file: string;
  readonly #random: () => number;
  /** All that ever ran, and those that run now, by their place. */
  readonly #writers: Writer[] = [];
  readonly #running: Writer[] = [];
  readonly #done = { kill: { anytime: 0, holding: 0 }, pause: { anytime: 0, holding: 0 } };
  readonly #resumed: Promise<void>[] = [];

  constructor(plan: Plan, folder: string) {
    this.#plan = plan;
    this.#folder = folder;
    this.#file = path.join(folder, 'settings.json');
    this.#random = seededRandom(plan.seed);
  }

  async run(): Promise<Result> {
    const { processes, updates, editor, seed, onProgress } = this.#plan;
    const begun = performance.now();
    writeFileSync(this.#file, '{}');
    const other = editor && new Program('editor.ts', path.join(this.#folder, 'editor.log'), this.#file, `${seed}`, ...editor);
    try {
      for (let index = 0; index < processes; index++) this.#start(index);
      const interruptions = this.#interruptions();
      for (const [index, interruption] of interruptions.entries()) {
        await this.#reached(Math.floor((updates * (index + 1)) / (interruptions.length + 2)));
        await this.#interrupt(interruption);
        onProgress?.(`${this.#acknowledged} of ${updates} acknowledged, ${index + 1} of ${interruptions.length} interruptions`);
      }
      await this.#reached(updates);
      await Promise.all(this.#resumed);
      await Promise.all(this.#running.map((writer) => writer.end('SIGTERM')));
      await other?.end('SIGTERM');
    } finally {
      for (const each of [...this.#running, ...(other === undefined ? [] : [other])]) if (each.isRunning) each.child.kill('SIGKILL');
    }
    const saves = other?.lines.map((line) => JSON.parse(line) as Save) ?? [];
    const done = (JSON.parse(readFileSync(this.#file, 'utf8')) as { readonly 'torture.done'?: Done })['torture.done'] ?? {};
    const verdict = judge(this.#writers.map(({ life }) => life), done, saves);
    return { ...verdict, kills: this.#done.kill, pauses: this.#done.pause, saves: saves.length, took: performance.now() - begun };
  }

  get #acknowledged(): number {
    return this.#writers.reduce((sum, { lines }) => sum + lines.filter((line) => line.startsWith('stored')).length, 0);
  }

  #reached(updates: number): Promise<void> {
    return until(`${updates} updates are acknowledged`, () => this.#acknowledged >= updates);
  }

  #start(index: number): void {
    const life = this.#writers.filter(({ name }) => name.startsWith(`w${index}.`)).length + 1;
    const writer = new Writer(this.#folder, this.#file, `w${index}.${life}`, this.#plan);
    this.#writers.push(writer);
    this.#running[index] = writer;
  }

  /** All of them, in an order that the seed decides. */
  #interruptions(): Interruption[] {
    const { kills, pauses } = this.#plan;
    const times = (count: number, interruption: Interruption): Interruption[] => Array.from({ length: count }, () => interruption);
    const all = [
      ...times(kills.anytime, { kind: 'kill', holding: false }), ...times(kills.holding, { kind: 'kill', holding: true }),
      ...times(pauses.anytime, { kind: 'pause', holding: false }), ...times(pauses.holding, { kind: 'pause', holding: true }),
    ];
    return all.map((interruption) => ({ interruption, at: this.#random() })).sort((a, b) => a.at - b.at).map(({ interruption }) => interruption);
  }

  async #interrupt({ kind, holding }: Interruption): Promise<void> {
    let stopped: Writer | undefined;
    await until(`a process ${holding ? 'that holds the lock ' : ''}is stopped`, () => (stopped = holding ? this.#stopHolder() : this.#stopAny()) !== undefined);
    this.#done[kind][holding ? 'holding' : 'anytime']++;
    const writer = stopped!;
    if (kind === 'pause') {
      writer.isPaused = true;
      this.#resumed.push(elapse(lease * (1.1 + this.#random() / 2)).then(() => {
        writer.isPaused = false;
        writer.child.kill('SIGCONT');
      }));
      return;
    }
    writer.wasKilled = true;
    await writer.end('SIGKILL');
    this.#start(this.#running.indexOf(writer));
  }

  /** One that has begun to write, at any moment. */
  #stopAny(): Writer | undefined {
    const candidates = this.#running.filter(({ isPaused, lines }) => !isPaused && lines.length > 0);
    const writer = candidates[Math.floor(this.#random() * candidates.length)];
    if (writer !== undefined) stop(writer);
    return writer;
  }

  /** The one that holds the lock: it is stopped first, and then it must still hold it. */
  #stopHolder(): Writer | undefined {
    const end = performance.now() + 100;
    while (performance.now() < end) {
      const before = holderOf(this.#file);
      const writer = this.#running.find(({ child, isPaused }) => !isPaused && before?.split(' ')[1] === `${child.pid}`);
      if (writer === undefined) continue;
      stop(writer);
      if (holderOf(this.#file) === before) return writer;
      writer.child.kill('SIGCONT');
    }
    return undefined;
  }
}

function holderOf(file: string): string | undefined {
  try {
    return readFileSync(lockOf(file)!, 'utf8');
  } catch {
    return undefined;
  }
}

/** Until it really stands still. */
function stop({ child }: Writer): void {
  child.kill('SIGSTOP');
  while (!isStopped(child.pid!));
}

function isStopped(pid: number): boolean {
  if (existsSync('/proc')) return /^\d+ \(.*\) T/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return spawnSync('ps', ['-o', 'state=', '-p', `${pid}`], { encoding: 'utf8' }).stdout.startsWith('T');
}
