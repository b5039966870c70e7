import FakeTimers from '@sinonjs/fake-timers';
import { seededRandom } from '../../src/testing.ts';
import type { Contender, Service } from './contender.ts';
import { Editor, isBlocking, type Window } from './editor.ts';
import { Ledger, type Write } from './ledger.ts';
import { seconds, type Incident, type Schedule } from './schedule.ts';
import { keys, legal, valueOf, type Key } from './settings.ts';
import { workload, type Step } from './workload.ts';

/** One setting is read this often, in seconds. */
const readEvery = 2;
/** When nothing has gone wrong for so long, in milliseconds, and nothing is under way, time may go on in one step. */
const calmAfter = 120_000;

/** Something that happens at a time of the day, in seconds. */
interface Happening {
  readonly at: number;
  happen(): void | Promise<void>;
}

/** Lives the days of a schedule with one contender, and writes down what happens. All of it on virtual time. */
export async function live(contender: Contender, schedule: Schedule, onDay: (day: number) => void = () => undefined): Promise<Ledger> {
  const clock = FakeTimers.install({ now: Date.UTC(2026, 0, 1), toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  const { random } = Math;
  Math.random = seededRandom(schedule.seed + 2);
  try {
    const life = new Life(contender, clock, schedule.seed);
    const steps = workload(schedule);
    for (const [index, day] of schedule.days.entries()) {
      await life.day(index, day, steps[index]!);
      onDay(index + 1);
    }
    return life.ledger;
  } finally {
    Math.random = random;
    clock.uninstall();
  }
}

class Life {
  readonly ledger = new Ledger();
  readonly #contender: Contender;
  readonly #clock: ReturnType<typeof FakeTimers.install>;
  readonly #random: () => number;
  readonly #editor: Editor;
  readonly #kept = new Map<string, string>();
  readonly #pending = new Set<Write>();
  #process: { readonly window: Window; readonly service: Service; alive: boolean } | undefined;
  #writes = 0;
  #troubledAt = 0;
  #midnight = 0;

  constructor(contender: Contender, clock: ReturnType<typeof FakeTimers.install>, seed: number) {
    this.#contender = contender;
    this.#clock = clock;
    this.#random = seededRandom(seed + 3);
    this.#editor = new Editor(this.ledger, seededRandom(seed + 4));
  }

  async day(index: number, { opens, closes, incidents }: Schedule['days'][number], steps: readonly Step[]): Promise<void> {
    this.#midnight = index * 86_400_000;
    // Whatever was still under way in the evening comes to its end.
    await this.#goOn(performance.now() + 120_000);
    this.#clock.tick(this.#midnight + seconds(opens) * 1000 - performance.now());
    this.#open();
    const happenings: Happening[] = [
      ...steps.map(({ at, writes }) => ({ at, happen: () => writes.forEach(({ key, background }) => this.#write(key, background, false)) })),
      ...incidents.flatMap((incident) => this.#happeningsOf(incident)),
      ...Array.from({ length: Math.floor((seconds(closes) - seconds(opens)) / readEvery) }, (_, number) => ({ at: seconds(opens) + (number + 0.5) * readEvery, happen: () => this.#read() })),
    ];
    for (const { at, happen } of happenings.sort((a, b) => a.at - b.at)) {
      await this.#goOn(this.#midnight + Math.round(at * 1000));
      await happen();
      await turn();
    }
    await this.#goOn(this.#midnight + seconds(closes) * 1000);
    await this.#close();
  }

  #happeningsOf(incident: Incident): Happening[] {
    const { what } = incident;
    const at = seconds(incident.at);
    const begin = async (): Promise<void> => {
      this.#troubledAt = performance.now();
      this.#editor.begin(incident);
      if (what === 'crash') this.#kill('killed');
      if (what === 'restart') await this.#close();
    };
    const end = (): void => {
      this.#troubledAt = performance.now();
      this.#editor.end(incident);
      if (what === 'crash' || what === 'restart') this.#open();
      if (isBlocking(incident)) this.#recover();
    };
    return incident.for === undefined ? [{ at, happen: begin }] : [{ at, happen: begin }, { at: at + incident.for, happen: end }];
  }

  /** Until a write is honoured again one is made every second. */
  #recover(): void {
    this.ledger.healed();
    const canary = (): void => {
      if (!this.ledger.isRecovering) return;
      this.#troubledAt = performance.now();
      this.#write('canary', false, true);
      setTimeout(canary, 1_000);
    };
    canary();
  }

  #open(): void {
    const window = this.#editor.openWindow();
    const life = { window, alive: true };
    // As `globalState`: what is given to it is kept, even if the window dies just after.
    const memento = {
      get: (key: string): unknown => {
        const text = this.#kept.get(key);
        return text === undefined ? undefined : JSON.parse(text);
      },
      update: (key: string, value: unknown): Promise<void> => {
        if (life.alive && value === undefined) this.#kept.delete(key);
        else if (life.alive) this.#kept.set(key, JSON.stringify(value));
        return Promise.resolve();
      },
    };
    this.#process = Object.assign(life, { service: this.#contender.start(window, memento) });
    this.#troubledAt = performance.now();
  }

  /** In good order: the extension has five seconds to leave, as VS Code gives it. */
  async #close(): Promise<void> {
    const { service } = this.#process!;
    let disposed = false;
    void service.dispose().finally(() => (disposed = true));
    await turn();
    const limit = performance.now() + 5_000;
    while (!disposed && performance.now() < limit && this.#clock.countTimers() > 0) await this.#next(limit);
    this.#kill('closed');
  }

  #kill(how: 'killed' | 'closed'): void {
    const process = this.#process!;
    this.#process = undefined;
    process.alive = false;
    this.#editor.close(process.window);
    for (const write of this.#pending) write.silenced = how;
    this.#pending.clear();
    // Nothing it says or stores from now on counts: this only ends its timers.
    void process.service.dispose().catch(() => undefined);
  }

  #read(): void {
    if (this.#process === undefined) return;
    const key = keys[Math.floor(this.#random() * keys.length)]!;
    this.ledger.reads++;
    try {
      if (legal[key](this.#process.service.get(key))) this.ledger.readsValid++;
    } catch {
      // Not served.
    }
  }

  #write(key: Key, background: boolean, canary: boolean): void {
    if (this.#process === undefined) return;
    const { service } = this.#process;
    const id = ++this.#writes;
    const write = this.ledger.asked(id, key, canary);
    this.#pending.add(write);
    const answer = (said: Write['said']): void => {
      this.#pending.delete(write);
      this.ledger.answered(write, said!);
    };
    const done = key === 'recent' ? service.append(valueOf(key, id) as string, background) : service.set(key, valueOf(key, id), background);
    done.then(answer, (error: unknown) => answer(this.#contender.says(error)));
  }

  /** On to a moment, timer by timer; in one step where nothing goes on. */
  async #goOn(to: number): Promise<void> {
    const now = performance.now();
    if (this.#editor.idle && this.#pending.size === 0 && now - this.#troubledAt > calmAfter) this.#clock.tick(Math.max(0, to - now));
    else while (performance.now() < to) await this.#next(to);
  }

  /** On to the next timer, or to `limit`. */
  async #next(limit: number): Promise<void> {
    const mark = this.#clock.setTimeout(() => undefined, limit - performance.now());
    this.#clock.next();
    this.#clock.clearTimeout(mark);
    await turn();
  }
}

/** Lets everything settle that waits for promises alone. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
