import type { Measures } from './measures.ts';
import type { Schedule } from './schedule.ts';

export interface Result {
  readonly name: string;
  readonly version: string;
  readonly measures: Measures;
}

interface Row {
  readonly title: string;
  /** What is counted, precisely. */
  readonly means: string;
  show(measures: Measures): string;
}

const percent = (share: number): string => `${(Math.floor(share * 1e6) / 1e4).toFixed(share === 1 ? 0 : 3)} %`;
const time = (milliseconds: number): string => (milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`);

const rows: readonly Row[] = [
  {
    title: 'reads served with a valid value',
    means: 'of all reads (one in two seconds), those that gave at once, without throwing, a value that the setting’s schema accepts. It may be a default, or the last good value',
    show: ({ reads, readsValid }) => percent(readsValid / reads),
  },
  {
    title: 'writes honoured',
    means: 'of all writes asked for, those whose caller was told that the value is stored, and it was, between the call and the answer; or that a newer one of the same service has replaced it, and that was stored by then. Writes whose process was killed before the answer are not counted at all',
    show: ({ asked, honoured }) => percent(honoured / asked),
  },
  {
    title: 'writes refused',
    means: 'told that it is not stored, by any error but one that leaves it open; and it was not, then or later',
    show: ({ refused }) => String(refused),
  },
  {
    title: 'writes left in doubt',
    means: 'told that nobody knows. A timeout counts as that for everyone',
    show: ({ inDoubt, inDoubtStored }) => `${inDoubt} (${inDoubtStored} were stored)`,
  },
  {
    title: 'writes never answered',
    means: 'still waiting when the window was closed in good order',
    show: ({ unanswered }) => String(unanswered),
  },
  {
    title: 'writes that lied',
    means: 'told that it is stored, and it was not; or that it is not stored, and it was, then or later',
    show: ({ lied }) => String(lied),
  },
  {
    title: 'lost updates',
    means: 'told that it is stored, and undone: a value by a write that was asked for earlier, an entry of the list by a write that did not know of it (also entries that somebody else had put there), and not back within 30 s. What a newer value replaces is not lost',
    show: ({ lost }) => String(lost),
  },
  {
    title: 'availability of accepted operations',
    means: 'accepted: all writes but those turned away honestly (refused, or left in doubt and not stored) that were asked for or answered while the store could not be written, or of which it refused an update. Of these, the share that was honoured, or left in doubt and stored. A write that waited through an outage and was then stored is honoured; one that is refused, by an open circuit for example, when the store works again is not',
    show: ({ availability }) => percent(availability),
  },
  {
    title: 'time to recover, p50',
    means: 'from the end of each incident that prevented writes, or the opening of a window, to the next answer that a write is stored, and it is. From then on one write a second is made to see, which counts for no other row',
    show: ({ recovery }) => time(recovery.p50),
  },
  { title: 'time to recover, p99', means: 'the same', show: ({ recovery }) => time(recovery.p99) },
  {
    title: 'P95 latency over the store’s own time',
    means: 'of the writes honoured, from the call to the answer, less the time in which an update was under way in the store, or it could not be written. Looking at the file again after a write, and waiting between attempts, is the service’s own time',
    show: ({ latency }) => time(latency.p95),
  },
];

const titled = ({ name, version }: Result): string => `${name} ${version}`.trim();

/** For a terminal. */
export function asText(results: readonly Result[]): string {
  const cells = [['', ...results.map(titled)], ...rows.map(({ title, show }) => [title, ...results.map(({ measures }) => show(measures))])];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const table = cells.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('   '));
  return [...table, '', 'What is counted:', ...rows.map(({ title, means }) => `- ${title}: ${means}.`)].join('\n');
}

/** For a document. */
export function asMarkdown(schedule: Schedule, results: readonly Result[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const incidents = schedule.days.reduce((sum, day) => sum + day.incidents.length, 0);
  const { reads, asked } = results[0]!.measures;
  return [
    '',
    `${schedule.days.length} days, ${incidents} incidents, ${reads.toLocaleString('en')} reads, ${asked.toLocaleString('en')} writes; seed ${schedule.seed}.`,
    '',
    line(['', ...results.map(titled)]),
    line(['---', ...results.map(() => '---:')]),
    ...rows.map(({ title, show }) => line([title, ...results.map(({ measures }) => show(measures))])),
    '',
    'What is counted:',
    '',
    ...rows.map(({ title, means }) => `- *${title}*: ${means}.`),
    '',
    '',
  ].join('\n');
}
