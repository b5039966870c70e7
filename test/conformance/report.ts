import { byHand } from './by-hand.ts';
import type { PropertyId, Way } from './peer.ts';
import { columns, type Column, type Verdict } from './run.ts';
import { further, scenarios, type Scenario } from './scenarios.ts';

const shown = { 'yes': 'yes', 'no': 'NO', 'n/a': 'n/a' };

function nameOf({ name, version }: Column): string {
  const found = byHand().find((each) => each.name === name);
  return found === undefined ? `${name} ${version}` : `${name} ${version}, by hand: commit ${found.commit.slice(0, 12)}, ${found.date}`;
}

function tallyOf(verdicts: readonly Verdict[]): string {
  const apply = verdicts.filter(({ holds }) => holds !== 'n/a');
  return apply.length === 0 ? 'n/a' : `${apply.filter(({ holds }) => holds === 'yes').length} of ${apply.length}`;
}

/** Of what calls need besides nothing counts for neither side: what is not there is not held. */
const tallyOfAll = (verdicts: readonly Verdict[]): string => `${verdicts.filter(({ holds }) => holds === 'yes').length} of ${further.length}`;

/** A row for each scenario; a column for each of these. */
function cells(all: readonly Scenario[], verdicts: readonly Verdict[], heads: readonly { readonly head: string; readonly peer: string; readonly way?: Way }[]): string[][] {
  const find = (peer: string, id: PropertyId, way: Way | undefined): Verdict =>
    verdicts.find((each) => each.peer === peer && each.id === id && each.way === way) ?? { peer, id, holds: 'n/a' };
  return [
    ['', 'property', ...heads.map(({ head }) => head)],
    ...all.map(({ id, property }) => [id, property, ...heads.map(({ peer, way }) => shown[find(peer, id, way).holds])]),
    ['', all === further ? 'held' : 'held, of those that apply', ...heads.map(({ peer, way }) => (all === further ? tallyOfAll : tallyOf)(all.map(({ id }) => find(peer, id, way))))],
  ];
}

interface Report {
  readonly summary: string[][];
  readonly byWay: string[][];
  readonly others: string[][];
}

function report(verdicts: readonly Verdict[]): Report {
  const of = columns();
  const own = (name: string, all: readonly Scenario[]): Verdict[] => verdicts.filter(({ peer, id }) => peer === name && all.some((scenario) => scenario.id === id));
  const withBreaker = of.filter((column) => column.ways.length > 0);
  const withMore = of.filter(({ name }) => own(name, further).some(({ holds }) => holds !== 'n/a'));
  return {
    summary: [
      ['held', ...of.map(nameOf)],
      ['P1 to P15 and P74, in each way of counting that it has, of those that apply', ...of.map(({ name }) => tallyOf(own(name, scenarios)))],
      ['P70 to P81 and P120, of all', ...of.map(({ name }) => tallyOfAll(own(name, further)))],
    ],
    byWay: cells(scenarios, verdicts, withBreaker.flatMap(({ name, ways: counts }) => counts.map((way) => ({ head: `${name}, ${way}`, peer: name, way })))),
    others: cells(further, verdicts, withMore.map((column) => ({ head: nameOf(column), peer: column.name }))),
  };
}

/** What was found about properties, where it is not simply yes: said once for all about which it is the same. */
function evidence(name: string, verdicts: readonly Verdict[], withFigures: boolean): string[] {
  const told = verdicts.filter(({ peer, holds, reason, note }) => peer === name && (reason !== undefined || (note !== undefined && holds !== 'n/a')));
  const isOutside = told.every(({ id, holds }) => holds === 'n/a' || !further.some((scenario) => scenario.id === id));
  const lines = new Map<string, Map<PropertyId, Way[]>>();
  for (const { id, way, holds, reason, measured, note } of told) {
    // A peer with none of it has no column there.
    if (isOutside && further.some((scenario) => scenario.id === id)) continue;
    const figure = withFigures && measured !== undefined ? ` (${measured})` : '';
    const text = `${shown[holds]}: ${reason ?? ''}${figure}${note === undefined ? '' : `${reason === undefined ? '' : '; '}${note}`}`;
    if (!lines.has(text)) lines.set(text, new Map());
    const ids = lines.get(text)!;
    ids.set(id, [...ids.get(id) ?? [], ...(way === undefined ? [] : [way])]);
  }
  return [...lines].map(([text, ids]) => `${[...ids].map(([id, own]) => {
    const all = verdicts.filter((each) => each.peer === name && each.id === id && each.way !== undefined && each.holds !== 'n/a');
    return own.length < all.length ? `${id} (${own.join(', ')})` : id;
  }).join(', ')} ${text}`);
}

/** For a terminal, with the figures of this run. */
export function asText(verdicts: readonly Verdict[]): string {
  const { summary, byWay, others } = report(verdicts);
  const text = (rows: string[][]): string => {
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
  };
  const lines = [text(summary), '', text(byWay), '', text(others)];
  for (const { name } of columns()) {
    const own = evidence(name, verdicts, true);
    if (own.length > 0) lines.push('', name, ...own.map((line) => `  ${line}`));
  }
  return lines.join('\n');
}

/** For a document: the same in every run on every machine. */
export function asMarkdown(verdicts: readonly Verdict[]): string {
  const { summary, byWay, others } = report(verdicts);
  const line = (row: string[]): string => `| ${row.map((cell) => (cell === 'NO' ? '**NO**' : cell)).join(' | ')} |`;
  const table = ([head, ...rows]: string[][]): string[] => [line(head!), line(head!.map(() => '---')), ...rows.map(line)];
  const reasons = columns().flatMap(({ name }) => {
    const own = evidence(name, verdicts, false);
    return own.length === 0 ? [] : ['', `**${name}**`, '', ...own.map((line) => `- ${line}`)];
  });
  return `\n${[...table(summary), '', ...table(byWay), '', ...table(others), ...reasons].join('\n')}\n\n`;
}

