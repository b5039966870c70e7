import type { StoreReason } from '../../src/errors.ts';
import { fileNames, type FileName } from './backend.ts';
import { garbage, keys, ownValue, placeNames, type Key, type PlaceName } from './settings.ts';
import { faultyOperations, refusalFault, unreadableFault, writeFaultKinds, type Abilities, type FaultyOperation, type Pace, type WriteFault } from './store.ts';

/** How a caller asks for a write. */
export interface Manner {
  readonly park: boolean;
  readonly critical: boolean;
  /** It has a signal, so that it can be aborted. */
  readonly signal: boolean;
}

/**
 * One step of a history, as plain data that depends on no other step: any subsequence of a history is one too.
 * `window` is taken modulo the number of windows, `nth` modulo whatever there is.
 */
export type Step =
  | { readonly do: 'set'; readonly window: number; readonly place: PlaceName; readonly key: Key; readonly number: number; readonly how: Manner }
  | { readonly do: 'unset'; readonly window: number; readonly place: PlaceName; readonly key: Key; readonly how: Manner }
  | { readonly do: 'append'; readonly window: number; readonly place: PlaceName; readonly number: number; readonly how: Manner }
  | { readonly do: 'transaction'; readonly window: number; readonly place: PlaceName; readonly keys: readonly Key[]; readonly number: number; readonly how: Manner }
  | { readonly do: 'restore defaults'; readonly window: number }
  | { readonly do: 'illegal'; readonly window: number; readonly key: string; readonly value: unknown }
  | { readonly do: 'abort'; readonly window: number; readonly nth: number }
  | { readonly do: 'edit'; readonly place: PlaceName; readonly key: Key; readonly value: unknown }
  | { readonly do: 'append outside'; readonly place: PlaceName; readonly number: number }
  | { readonly do: 'break file'; readonly file: FileName }
  | { readonly do: 'mend file'; readonly file: FileName }
  | { readonly do: 'write fault'; readonly window: number; readonly fault: WriteFault }
  | { readonly do: 'fail'; readonly window: number; readonly operation: FaultyOperation; readonly reason: StoreReason }
  | { readonly do: 'hang'; readonly window: number; readonly operation: Exclude<FaultyOperation, 'read'> }
  | { readonly do: 'die' }
  | { readonly do: 'heal'; readonly window: number }
  | { readonly do: 'nudge'; readonly window: number }
  | { readonly do: 'memento'; readonly window: number; readonly fault: 'fail' | 'hang' | 'none' }
  | { readonly do: 'trust' }
  | { readonly do: 'wait'; readonly milliseconds: number }
  | { readonly do: 'jump'; readonly milliseconds: number }
  | { readonly do: 'crash'; readonly window: number; readonly nth: number }
  | { readonly do: 'operate'; readonly window: number; readonly what: Operation }
  | { readonly do: 'restart'; readonly window: number }
  | { readonly do: 'kill'; readonly window: number; readonly disposingFor: number | undefined }
  | { readonly do: 'unreadable'; readonly window: number; readonly key: Key; readonly as: UnreadableAs }
  | { readonly do: 'save outside'; readonly place: PlaceName; readonly number: number; readonly milliseconds: number }
  | { readonly do: 'burst'; readonly window: number; readonly writes: readonly WriteStep[]; readonly fault: WriteFault | undefined }
  | { readonly do: 'die in'; readonly window: number; readonly steps: number }
  | { readonly do: 'pause'; readonly window: number; readonly milliseconds: number }
  | { readonly do: 'lose lock'; readonly file: FileName }
  | { readonly do: 'together'; readonly window: number; readonly file: FileName; readonly can: boolean };
/** What asks for one write. */
export type WriteStep = Extract<Step, { readonly do: 'set' | 'unset' | 'append' | 'transaction' }>;
export type StepKind = Step['do'];

/** Where a value comes from that throws when it is looked at: it is to be stored, computed by an update function, or thrown by one. */
export const unreadableAs = ['value', 'computed', 'thrown'] as const;
export type UnreadableAs = (typeof unreadableAs)[number];

/**
 * Kinds that came later. They are drawn by a generator of their own and put between the others, so that a seed which failed
 * before them can still be played as it was.
 */
const laterKinds = ['unreadable', 'save outside', 'write fault'] as const;

/** Those that came after them, with stores that store several values by one save, and locks: drawn by a third generator. */
const latestKinds = ['burst', 'burst', 'burst', 'burst', 'burst', 'burst', 'write fault', 'write fault', 'die in', 'die in', 'pause', 'lose lock', 'together'] as const;

export const operations = ['hold', 'release', 'reset', 'probe', 'evidence', 'reload', 'health', 'reset metrics'] as const;
export type Operation = (typeof operations)[number];

/** What a whole run goes by. */
export interface RunOptions extends Abilities {
  readonly windows: number;
  readonly capacity: number;
  readonly threshold: number;
  readonly trusted: boolean;
  readonly pace: Pace;
}

/** The kinds of steps and how often they come, and whether a run may do without them. */
const weights: Readonly<Record<Exclude<StepKind, 'unreadable' | 'save outside' | 'burst' | 'die in' | 'pause' | 'lose lock' | 'together'>, readonly [weight: number, optional: boolean]>> = {
  'set': [22, false], 'unset': [3, true], 'append': [10, true], 'transaction': [8, true], 'restore defaults': [1, true], 'illegal': [3, true], 'abort': [5, true],
  'edit': [6, true], 'append outside': [3, true], 'break file': [1.5, true], 'mend file': [3, false],
  'write fault': [14, true], 'fail': [3, true], 'hang': [2, true], 'die': [0.7, true], 'heal': [8, false], 'nudge': [2, true],
  'memento': [0.8, true], 'trust': [0.7, true], 'wait': [24, false], 'jump': [1, true],
  'crash': [2, true], 'operate': [8, true], 'restart': [1.5, true], 'kill': [1.2, true],
};
const kinds = Object.keys(weights) as (keyof typeof weights)[];
/** What keeps most writes from getting to the store. */
const troubles = new Set<StepKind>(['write fault', 'fail', 'hang', 'die', 'break file', 'crash', 'memento']);

/** How often a step is followed by one of a later kind. */
const laterShare = 0.06;
const latestShare = 0.2;

const reasons: readonly StoreReason[] = ['io', 'dirty', 'newer', 'scope', 'permission', 'unknown', 'not-ready', 'read-only', 'no-space', 'invalid-file', 'shutting-down'];
/** How long another program takes to save a file, in milliseconds. */
const saves = [1, 20, 200, 900, 1_500, 4_000];
const waits = [0, 1, 10, 100, 500, 1_000, 2_000, 5_000, 7_000, 30_000, 61_000];

/** Values of steps of the later kinds are numbered from here. */
const firstOfLater = 500_000;
const firstOfLatest = 700_000;

/** Makes the options and the steps of one run, all from one generator. */
export class Generator {
  readonly #random: () => number;
  #number = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  options(): RunOptions {
    return {
      windows: this.#pick([1, 2, 2, 3]),
      capacity: this.#pick([2, 8, 100]),
      threshold: this.#pick([1, 3, 5]),
      trusted: this.#chance(0.8),
      pace: this.#pick<Pace>([{ latency: 0, viewLag: 0 }, { latency: 3, viewLag: 100 }, { latency: 30, viewLag: 3_000 }]),
      together: [],
      locks: 'none',
    };
  }

  /** One by one, as before, or several values by one save, with a lock or without one. */
  abilities(): Abilities {
    return {
      together: this.#pick<Abilities['together']>([[], [], [], fileNames, fileNames, ['user.json']]),
      locks: this.#pick(['none', 'good', 'broken']),
    };
  }

  /** Not every run has every kind of step, so that some see much of one kind and nothing of another. */
  steps(count: number): Step[] {
    const chosen = kinds.map((kind) => {
      const [weight, optional] = weights[kind];
      return { kind, weight: optional && this.#chance(0.25) ? 0 : weight * this.#pick([0.5, 1, 1, 3]) };
    });
    const faultKinds = writeFaultKinds.filter(() => this.#chance(0.7));
    const sum = chosen.reduce((all, { weight }) => all + weight, 0);
    return Array.from({ length: count }, () => {
      let at = this.#random() * sum;
      const { kind } = chosen.find(({ weight }) => (at -= weight) < 0) ?? chosen[0]!;
      return this.#step(kind, faultKinds.length === 0 ? writeFaultKinds : faultKinds);
    });
  }

  /** Puts steps of the later kinds between those. */
  later(steps: readonly Step[]): Step[] {
    return steps.flatMap((step) => (this.#chance(laterShare) ? [step, this.#laterStep(this.#pick(laterKinds))] : [step]));
  }

  /** And those of the latest kinds. In half of the runs little else goes wrong, so that most writes get to the store. */
  latest(steps: readonly Step[]): Step[] {
    const isCalm = this.#chance(0.5);
    const kept = isCalm ? steps.filter((step) => !troubles.has(step.do) || this.#chance(0.1)) : steps;
    return kept.flatMap((step) => (this.#chance(latestShare) ? [step, this.#latestStep(this.#pick(latestKinds))] : [step]));
  }

  #latestStep(kind: (typeof latestKinds)[number]): Step {
    const window = this.#below(6);
    switch (kind) {
      case 'burst': return { do: kind, window, writes: this.#burst(window), fault: this.#chance(0.5) ? this.#latestFault() : undefined };
      case 'write fault': return { do: kind, window, fault: this.#latestFault() };
      case 'die in': return { do: kind, window, steps: 1 + this.#below(16) };
      case 'pause': return { do: kind, window, milliseconds: this.#pick([20, 200, 900, 4_000, 12_000]) };
      case 'lose lock': return { do: kind, file: this.#pick(fileNames) };
      case 'together': return { do: kind, window, file: this.#pick(fileNames), can: this.#chance(0.6) };
    }
  }

  #latestFault(): WriteFault {
    const kind = this.#pick([refusalFault, refusalFault, refusalFault, ...writeFaultKinds] as const);
    return this.#fault(kind, firstOfLatest + ++this.#number);
  }

  /** Several writes, asked for in the same moment: most by one window, in one place. */
  #burst(window: number): WriteStep[] {
    const place = this.#place();
    return Array.from({ length: 2 + this.#below(this.#pick([3, 8, 20])) }, (): WriteStep => {
      const number = firstOfLatest + ++this.#number;
      const step = this.#step(this.#pick(['set', 'set', 'set', 'append', 'append', 'transaction', 'unset'] as const), writeFaultKinds);
      const at = { window: this.#chance(0.8) ? window : this.#below(6), ...(this.#chance(0.8) ? { place } : {}) };
      return { ...step, ...at, ...('number' in step ? { number } : {}) } as WriteStep;
    });
  }

  #laterStep(kind: (typeof laterKinds)[number]): Step {
    const window = this.#below(6);
    // Numbers of its own: what is stored tells whose it is.
    const number = firstOfLater + ++this.#number;
    switch (kind) {
      case 'unreadable': return { do: kind, window, key: this.#pick(keys), as: this.#pick(unreadableAs) };
      case 'save outside': return { do: kind, place: this.#place(), number, milliseconds: this.#pick(saves) };
      case 'write fault': return { do: kind, window, fault: { kind: unreadableFault } };
    }
  }

  #step(kind: keyof typeof weights, faultKinds: readonly WriteFault['kind'][]): Step {
    const window = this.#below(6);
    const number = ++this.#number;
    switch (kind) {
      case 'set': return { do: kind, window, place: this.#place(), key: this.#key(), number, how: this.#manner() };
      case 'unset': return { do: kind, window, place: this.#place(), key: this.#key(), how: this.#manner() };
      case 'append': return { do: kind, window, place: this.#place(), number, how: this.#manner() };
      case 'transaction': return { do: kind, window, place: this.#place(), keys: this.#pick<readonly Key[]>([['count', 'name'], ['name', 'count', 'tree'], ['token', 'count'], ['count']]), number, how: this.#manner() };
      case 'restore defaults': return { do: kind, window };
      case 'illegal': return { do: kind, window, ...this.#pick([{ key: 'count', value: 0 }, { key: 'count', value: '7' }, { key: 'name', value: ' Padded ' }, { key: '__proto__', value: 1 }, { key: 'nothing', value: 1 }, { key: 'list', value: [1] }]) };
      case 'abort': return { do: kind, window, nth: this.#below(8) };
      case 'edit': {
        const key = this.#key();
        const illegal = key === 'list' || this.#chance(0.5) ? undefined : this.#pick(garbage[key]);
        const legal = key === 'name' && this.#chance(0.3) ? ` N${number} ` : ownValue(key, number);
        return { do: kind, place: this.#place(), key, value: illegal !== undefined ? illegal : this.#chance(0.15) ? undefined : legal };
      }
      case 'append outside': return { do: kind, place: this.#place(), number };
      case 'break file': case 'mend file': return { do: kind, file: this.#pick(fileNames) };
      case 'write fault': return { do: kind, window, fault: this.#fault(this.#pick(faultKinds), number) };
      case 'fail': return { do: kind, window, operation: this.#pick(faultyOperations), reason: this.#pick(reasons) };
      case 'hang': return { do: kind, window, operation: this.#pick(['load', 'write', 'readBack', 'probe'] as const) };
      case 'die': case 'trust': return { do: kind };
      case 'heal': case 'nudge': case 'restart': return { do: kind, window };
      case 'memento': return { do: kind, window, fault: this.#pick(['fail', 'hang', 'none', 'none'] as const) };
      case 'wait': return { do: kind, milliseconds: this.#pick(waits) };
      case 'jump': return { do: kind, milliseconds: this.#pick([-86_400_000, -3_000, 3_000, 86_400_000]) };
      case 'crash': return { do: kind, window, nth: this.#below(12) };
      case 'operate': return { do: kind, window, what: this.#pick(operations) };
      case 'kill': return { do: kind, window, disposingFor: this.#pick([undefined, undefined, 0, 1_000]) };
    }
  }

  #fault(kind: WriteFault['kind'], number: number): WriteFault {
    const delay = this.#pick([this.#below(20), this.#below(4_900), this.#below(20_000)]);
    switch (kind) {
      case 'fail': return { kind, reason: this.#pick(reasons) };
      case 'lag': return { kind, delay, answer: this.#pick([0, 0, this.#below(8_000)]) };
      case 'land late': case 'hang and land': return { kind, delay };
      case 'corrupt': return { kind, number };
      // Of one change alone no store says that another writer was faster.
      case refusalFault: return { kind, reason: this.#pick(reasons.filter((reason) => reason !== 'newer')) };
      default: return { kind };
    }
  }

  #manner(): Manner {
    return { park: this.#chance(0.3), critical: this.#chance(0.1), signal: this.#chance(0.3) };
  }

  #place(): PlaceName {
    return this.#chance(0.6) ? 'user' : this.#pick(placeNames);
  }

  #key(): Key {
    return this.#chance(0.5) ? 'count' : this.#pick(keys.filter((key) => key !== 'list'));
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }
}
