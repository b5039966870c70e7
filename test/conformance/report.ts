import type { Verdict } from './run.ts';
import { peers } from './run.ts';
import { scenarios } from './scenarios.ts';

const shown = { 'yes': 'yes', 'no': 'NO', 'n/a': 'n/a' };

function cells(verdicts: readonly Verdict[], name: (peer: { name: string; version: string }) => string): string[][] {
  const find = (peer: string, id: string): Verdict => verdicts.find((each) => each.peer === peer && each.id === id)!;
  return [
    ['', 'property', ...peers.map(name)],
    ...scenarios.map(({ id, property }) => [id, property, ...peers.map((peer) => shown[find(peer.name, id).holds])]),
    ['', 'held, of those that apply', ...peers.map((peer) => {
      const own = verdicts.filter(({ peer: whose, holds }) => whose === peer.name && holds !== 'n/a');
      return `${own.filter(({ holds }) => holds === 'yes').length} of ${own.length}`;
    })],
  ];
}

/** One line for each verdict that is not simply yes. */
function evidence(verdict: Verdict, withFigures: boolean): string | undefined {
  const { holds, reason, measured, note } = verdict;
  if (reason === undefined && note === undefined) return undefined;
  const figure = withFigures && measured !== undefined ? ` (${measured})` : '';
  const beside = note === undefined ? '' : `${reason === undefined ? '' : '; '}${note}`;
  return `${shown[holds]}: ${reason ?? ''}${figure}${beside}`;
}

/** For a terminal, with the figures of this run. */
export function asText(verdicts: readonly Verdict[]): string {
  const rows = cells(verdicts, ({ name, version }) => `${name} ${version}`);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
  for (const { name } of peers) {
    const own = verdicts.flatMap((verdict) => {
      const line = verdict.peer === name ? evidence(verdict, true) : undefined;
      return line === undefined ? [] : [`  ${verdict.id.padEnd(4)} ${line}`];
    });
    if (own.length > 0) lines.push('', name, ...own);
  }
  return lines.join('\n');
}

/** For a document: the same in every run on every machine. */
export function asMarkdown(verdicts: readonly Verdict[]): string {
  const bold = (row: string[]): string[] => row.map((cell) => (cell === 'NO' ? '**NO**' : cell));
  const [head, ...rows] = cells(verdicts, ({ name, version }) => `${name} ${version}`);
  const line = (row: string[]): string => `| ${row.join(' | ')} |`;
  const table = [line(head!), line(head!.map(() => '---')), ...rows.map((row) => line(bold(row)))];
  const reasons = peers.flatMap(({ name }) => {
    const own = verdicts.flatMap((verdict) => {
      const text = verdict.peer === name ? evidence(verdict, false) : undefined;
      return text === undefined ? [] : [`- ${verdict.id} ${text}`];
    });
    return own.length === 0 ? [] : ['', `**${name}**`, '', ...own];
  });
  return `\n${[...table, ...reasons].join('\n')}\n\n`;
}
