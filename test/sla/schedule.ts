import { readFileSync } from 'node:fs';
import path from 'node:path';
import { seededRandom } from '../../src/testing.ts';
import { scalars, type Scalar } from './settings.ts';

/** What happens to the editor's settings and its window. While one with `for` lasts, it is as it says. */
export const kinds = {
  'outage': 'reading and writing the file fails',
  'stall': 'nothing is answered; all that was asked for meanwhile is done at its end',
  'drop': 'what is asked for now is neither done nor answered',
  'slow disk': 'everything takes `times` as long',
  'flaky': 'the next `count` writes fail',
  'dirty': 'somebody has unsaved changes in settings.json: writes are refused. Saving them may change `key`',
  'broken': 'somebody has left settings.json half typed: writes are refused, and the editor shows no value of it',
  'read-only': 'settings.json must not be written',
  'full disk': 'writes are said to be stored, and are not',
  'garbage': 'somebody has given `key` a value of the wrong type',
  'outside edit': 'somebody, or a synchronisation, changes `key`',
  'restart': 'the window is closed in good order, and opens again after `for`',
  'crash': 'the window dies, and opens again after `for`',
} as const;
export type Kind = keyof typeof kinds;

export interface Incident {
  /** `hh:mm:ss` */
  readonly at: string;
  readonly what: Kind;
  /** Seconds. */
  readonly for?: number;
  readonly times?: number;
  readonly count?: number;
  readonly key?: Scalar | 'recent';
}

export interface Day {
  readonly opens: string;
  readonly closes: string;
  readonly incidents: readonly Incident[];
}

export interface Schedule {
  /** `npm run sla -- --draw SEED` draws the same again. */
  readonly seed: number;
  readonly days: readonly Day[];
}

export const scheduleFile = path.join(import.meta.dirname, 'schedule.json');

export function loadSchedule(days?: number): Schedule {
  const schedule = JSON.parse(readFileSync(scheduleFile, 'utf8')) as Schedule;
  return { ...schedule, days: schedule.days.slice(0, days) };
}

/** How often in a working day of nine hours, and how long in seconds: most are short, some are not. */
const habits: readonly { readonly what: Kind; readonly perDay: number; readonly least?: number; readonly most?: number }[] = [
  { what: 'outage', perDay: 1, least: 5, most: 900 },
  { what: 'stall', perDay: 1, least: 3, most: 120 },
  { what: 'drop', perDay: 0.5, least: 1, most: 8 },
  { what: 'slow disk', perDay: 0.7, least: 20, most: 300 },
  { what: 'flaky', perDay: 1 },
  { what: 'dirty', perDay: 2, least: 5, most: 600 },
  { what: 'broken', perDay: 1, least: 5, most: 600 },
  { what: 'read-only', perDay: 0.1, least: 60, most: 900 },
  { what: 'full disk', perDay: 0.15, least: 60, most: 1_200 },
  { what: 'garbage', perDay: 0.7, least: 5, most: 1_800 },
  { what: 'outside edit', perDay: 4 },
  { what: 'restart', perDay: 1, least: 2, most: 8 },
  { what: 'crash', perDay: 0.3, least: 2, most: 15 },
];

/** Between the end of one incident and the start of the next, in seconds, at least. */
const breather = 150;

/** A month: five days of nine hours a week, and three hours on each of the others. */
export function drawSchedule(seed: number, length = 30): Schedule {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const days = Array.from({ length }, (_, index): Day => {
    const weekend = index % 7 >= 5;
    const [opens, closes] = weekend ? ['10:00:00', '13:00:00'] : ['09:00:00', '18:00:00'];
    const hours = weekend ? 3 : 9;
    const drawn = habits.flatMap(({ what, perDay, least, most }) => {
      const expected = perDay * hours / 9;
      const times = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
      // Spread over orders of magnitude, as troubles are.
      return Array.from({ length: times }, () => ({ what, length: least === undefined ? undefined : Math.round(least * (most! / least) ** random()), extra: extraOf(what, random, below) }));
    });
    for (let i = drawn.length - 1; i > 0; i--) {
      const other = below(i + 1);
      [drawn[i], drawn[other]] = [drawn[other]!, drawn[i]!];
    }
    const busy = drawn.reduce((sum, each) => sum + (each.length ?? 0) + breather, breather);
    let slack = Math.max(0, hours * 3600 - busy);
    let at = seconds(opens) + breather;
    const incidents = drawn.map(({ what, length: lasting, extra }, position): Incident => {
      const gap = below(Math.max(1, 2 * slack / (drawn.length - position)));
      slack -= gap;
      at += gap;
      const incident = { at: clockTime(at), what, ...(lasting === undefined ? {} : { for: lasting }), ...extra };
      at += (lasting ?? 0) + breather;
      return incident;
    });
    // What does not fit into the day any more does not happen.
    return { opens, closes, incidents: incidents.filter((incident) => seconds(incident.at) + (incident.for ?? 0) + breather <= seconds(closes)) };
  });
  return { seed, days };
}

function extraOf(what: Kind, random: () => number, below: (limit: number) => number): Partial<Incident> {
  switch (what) {
    case 'slow disk': return { times: Math.round(10 * 30 ** random()) };
    case 'flaky': return { count: 1 + below(3) };
    case 'garbage': return { key: scalars[below(scalars.length)]! };
    case 'outside edit': return { key: random() < 0.5 ? 'recent' : scalars[below(scalars.length)]! };
    case 'dirty': return random() < 0.5 ? { key: random() < 0.5 ? 'recent' : scalars[below(scalars.length)]! } : {};
    default: return {};
  }
}

/** Of the day, from `hh:mm:ss`. */
export function seconds(time: string): number {
  const [h, m, s] = time.split(':').map(Number);
  return h! * 3600 + m! * 60 + s!;
}

function clockTime(ofDay: number): string {
  return [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
}

/** One line for each incident. */
export function scheduleText({ seed, days }: Schedule): string {
  const lines = days.map(({ opens, closes, incidents }) => {
    const inner = incidents.map((incident) => `      ${JSON.stringify(incident)}`).join(',\n');
    return `    { "opens": "${opens}", "closes": "${closes}", "incidents": [${inner === '' ? '' : `\n${inner}\n    `}] }`;
  });
  return `{\n  "seed": ${seed},\n  "days": [\n${lines.join(',\n')}\n  ]\n}\n`;
}
