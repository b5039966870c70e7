import type { Contestant, Effort, Timing } from './harness.ts';
import { measure } from './harness.ts';
import type { Library } from './library.ts';

/** A build of Holdfast to measure. The first is this working tree; others are named on the command line. */
export interface Build {
  /** `holdfast`, or the name that was given. */
  readonly name: string;
  readonly library: Library;
}

export interface Setting {
  readonly builds: readonly Build[];
  readonly effort: Effort;
  readonly quick: boolean;
}

/** One row of a result. */
export type Row = Partial<Timing> & {
  readonly name: string;
  /** Further columns, already in words. */
  readonly more?: Readonly<Record<string, string | number>>;
};

export interface Check {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly ok: boolean;
}

export interface Result {
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
}

/** One thing to measure, in a process of its own. */
export interface Scenario {
  readonly title: string;
  /** What is measured, and how, in a sentence or two. */
  readonly about: string;
  readonly measure: (setting: Setting) => Promise<Result>;
}

/** The usual scenario: contestants against a baseline, and what is demanded of the figures. */
export function race(
  title: string,
  about: string,
  contestants: (setting: Setting) => Promise<Contestant[]> | Contestant[],
  checks: (rows: Found) => Check[],
): Scenario {
  return {
    title,
    about,
    async measure(setting) {
      const rows = await measure(await contestants(setting), setting.effort);
      return { rows, checks: checks((name) => find(rows, name)) };
    },
  };
}

export type Found = (name: string) => Timing;

function find(rows: readonly Timing[], name: string): Timing {
  const row = rows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`Nothing named ${name} was measured.`);
  return row;
}

/** `row` takes at most `limit` times as long as `than`. */
export function atMost(what: string, row: Timing, limit: number, than: Timing): Check {
  const ratio = row.ratio / than.ratio;
  return { what, target: `at most ${limit}x ${than.name}`, measured: `${show(ratio)}x`, ok: ratio <= limit };
}

/** `row` is at least `times` as fast as `than`. */
export function faster(what: string, row: Timing, times: number, than: Timing): Check {
  const ratio = than.ratio / row.ratio;
  return {
    what,
    target: times === 1 ? `not slower than ${than.name}` : `${times}x faster than ${than.name}`,
    measured: `${show(ratio)}x faster`,
    ok: ratio >= times,
  };
}

/** An absolute limit, with the floor of this run beside it: absolute figures drift. */
export function within(what: string, value: number, limit: number, unit: string): Check {
  return { what, target: `at most ${limit} ${unit}`, measured: `${show(value)} ${unit}`, ok: value <= limit };
}

export function show(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : 2);
}
