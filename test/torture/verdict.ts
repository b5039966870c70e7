import { settlingTime } from '../../src/store/store.ts';
import type { Done } from './programs/definition.ts';

/** What became of the updates of a run, held against what the writers were told. */

/** How an editor saves a file. */
export const ways = ['by truncation', 'by rename', 'in place'] as const;
export type Way = (typeof ways)[number];

/** One save of an editor that knows nothing of the lock. Times in milliseconds, on a clock that all processes share. */
export interface Save {
  readonly way: Way;
  readonly number: number;
  /** Before it read the file, */
  readonly begun: number;
  /** and after it saved what it had read. */
  readonly ended: number;
  /** What it had read, and saved. */
  readonly done: Done;
  /** What the last transaction had stored in that, if there was one. */
  readonly transaction?: string;
  /** What the file held just after that. */
  readonly left?: Look;
}

/** What a file that parses held of transactions. */
export interface Look {
  readonly at: number;
  /** By which transaction each part was stored. */
  readonly parts: readonly string[];
}

export const isTorn = (parts: readonly string[]): boolean => new Set(parts).size > 1;

/** What a writer was told of one update. */
export interface Answer {
  readonly ended: 'stored' | 'denied' | 'unknown';
  readonly number: number;
  /** When its function was called for the last time, and when it was answered: it was stored in between. */
  readonly called: number;
  readonly answered: number;
  /** How many updates, of whomever, were in what that function was given. */
  readonly saw: number;
}

/** A writer, from its start to its end. */
export interface Life {
  readonly name: string;
  readonly answers: readonly Answer[];
  /** How many updates may have been under way when it was killed: each may be stored, or not. 0: it came to its end. */
  readonly underWay: number;
}

export interface Verdict {
  readonly acknowledged: number;
  readonly denied: number;
  readonly unknown: number;
  /** Acknowledged, and not in the file. Each as `writer: number`. */
  readonly lost: readonly string[];
  /** Acknowledged, and buried by an editor that had read the file before: nobody can keep it from that. */
  readonly buried: readonly string[];
  /** In the file more than once, or in the wrong order. */
  readonly repeated: readonly string[];
  /** In the file, though its writer was told that it is not, or never asked for it. */
  readonly unasked: readonly string[];
  /**
   * Acknowledged, and computed from what another had been given already, or from less than was acknowledged before: no order of the
   * updates explains what each of them has seen (they are not linearizable). Not told beside an editor, which buries updates.
   */
  readonly stale: readonly string[];
}

export function judge(lives: readonly Life[], done: Done, saves: readonly Save[]): Verdict {
  const verdict = { acknowledged: 0, denied: 0, unknown: 0, lost: [] as string[], buried: [] as string[], repeated: [] as string[], unasked: [] as string[], stale: saves.length > 0 ? [] : staleOf(lives) };
  const buriers = new Buriers(saves);
  for (const { name, answers, underWay } of lives) {
    const stored = numbersOf(done, name);
    const there = new Set(stored);
    const possible = new Set(answers.filter(({ ended }) => ended !== 'denied').map(({ number }) => number));
    const last = Math.max(0, ...answers.map(({ number }) => number));
    for (let number = last + 1; number <= last + underWay; number++) possible.add(number);
    for (const answer of answers) {
      verdict[answer.ended === 'stored' ? 'acknowledged' : answer.ended]++;
      if (answer.ended !== 'stored' || there.has(answer.number)) continue;
      verdict[buriers.has(name, answer) ? 'buried' : 'lost'].push(`${name}: ${answer.number}`);
    }
    verdict.unasked.push(...stored.filter((number) => !possible.has(number)).map((number) => `${name}: ${number}`));
    verdict.repeated.push(...stored.filter((number, index) => index > 0 && number <= stored[index - 1]!).map((number) => `${name}: ${number}`));
  }
  const names = new Set(lives.map(({ name }) => name));
  verdict.unasked.push(...Object.keys(done).filter((name) => !names.has(name)));
  return verdict;
}

/**
 * Each update adds one to how many there are, so that what they have seen is their order: no two have seen the same, and none that was
 * called after another had been answered has seen less.
 */
function staleOf(lives: readonly Life[]): string[] {
  const stored = lives.flatMap(({ name, answers }) => answers.filter(({ ended }) => ended === 'stored').map((answer) => ({ name, ...answer })));
  stored.sort((a, b) => a.saw - b.saw || a.answered - b.answered);
  let lastCalled = -Infinity;
  return stored.filter(({ saw, called, answered }, index) => {
    const isTooEarly = answered < lastCalled || saw === stored[index - 1]?.saw;
    lastCalled = Math.max(lastCalled, called);
    return isTooEarly;
  }).map(({ name, number }) => `${name}: ${number}`);
}

const numbersOf = (done: Done, name: string): readonly number[] => done[name]?.split(' ').map(Number) ?? [];

/** Which updates editors have buried: what was stored between their reading and their saving, and is not in what they saved. */
class Buriers {
  readonly #saves: readonly (Save & { readonly numbers: Map<string, ReadonlySet<number>> })[];

  constructor(saves: readonly Save[]) {
    this.#saves = saves.map((save) => ({ ...save, numbers: new Map() }));
  }

  has(name: string, { number, called, answered }: Answer): boolean {
    return this.#saves.some(({ begun, ended, done, numbers }) => {
      // A save that takes longer than any program is waited for may bury all that there is.
      const isSlow = ended - begun > settlingTime / 2;
      if (called > ended || (answered < begun && !isSlow)) return false;
      if (!numbers.has(name)) numbers.set(name, new Set(numbersOf(done, name)));
      return isSlow || !numbers.get(name)!.has(number);
    });
  }
}

/**
 * What only a window can have torn. An editor that does not rename writes into the file that VS Code is just writing, too: until it has
 * looked at what it left, the file may hold a part of what the editor had read beside a part of what VS Code wrote. That parses, and looks
 * like any other text: a window that reads it stores the same parts again with its own update, also once the editor has mended it.
 */
export function tornOf(looks: readonly Look[], saves: readonly Save[]): string[] {
  const inPlace = saves.filter(({ way }) => way !== 'by rename');
  const mixtures = [...looks, ...inPlace.flatMap(({ left }) => left ?? [])].filter(({ at, parts }) =>
    inPlace.some(({ begun, ended, transaction = '' }) => begun <= at && at <= ended && parts.includes(transaction)));
  const wasMixed = ({ at, parts }: Look): boolean => mixtures.some((mixture) => mixture.at <= at && mixture.parts.join() === parts.join());
  return looks.filter((look) => !wasMixed(look)).map(({ parts }) => [...new Set(parts)].join(' beside '));
}

/** Why a run failed; `undefined`: it did not. */
export const isFaultless = ({ lost, repeated, unasked, stale }: Verdict): boolean => lost.length + repeated.length + unasked.length + stale.length === 0;
