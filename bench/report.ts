import { say } from './document.ts';
import { show, type Check, type Result, type Row } from './scenario.ts';

/** Prints the rows of a scenario as a table that is also Markdown. */
export function print({ title, about, rows, checks }: Result & { readonly title: string; readonly about: string }): void {
  say(`\n### ${title}\n\n${about}\n\n${table(rows)}`);
  if (checks.length > 0) say(`\n${checks.map(inWords).join('\n')}`);
}

export function printChecks(checks: readonly Check[]): void {
  if (checks.length === 0) return;
  say(`\n### Targets\n\n${checks.map(inWords).join('\n')}\n\n${checks.filter(({ ok }) => ok).length} of ${checks.length} targets reached.`);
}

function inWords({ what, target, measured, ok }: Check): string {
  return `- ${ok ? 'reached' : '**missed**'}: ${what}: ${measured} (${target})`;
}

export function table(rows: readonly Row[]): string {
  const more = [...new Set(rows.flatMap((row) => Object.keys(row.more ?? {})))];
  const timed = rows.some((row) => row.ns !== undefined);
  const sized = rows.some((row) => row.bytes !== undefined);
  const head = ['', ...(timed ? ['ns/op', 'x bare', 'half of all rounds'] : []), ...(sized ? ['B/op'] : []), ...more];
  const lines = rows.map((row) => [
    row.name,
    ...(timed ? [number(row.ns), number(row.ratio), row.spread === undefined ? '' : `${show(row.spread[0])} to ${show(row.spread[1])}`] : []),
    ...(sized ? [number(row.bytes)] : []),
    ...more.map((column) => cell(row.more?.[column])),
  ]);
  const widths = head.map((_, column) => Math.max(3, ...[head, ...lines].map((line) => line[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...lines.map(line)].join('\n');
}

function number(value: number | undefined): string {
  return value === undefined ? '' : show(value);
}

function cell(value: string | number | undefined): string {
  return typeof value === 'number' ? show(value) : value ?? '';
}
