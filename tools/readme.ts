/**
 * `npm run readme`: puts into README.md the few rows of docs/comparison.md and docs/performance.md that say how correct
 * and how fast Holdfast is beside what people use now. The commands that write those documents do it too; a test fails
 * when README.md says something else.
 */
import path from 'node:path';
import { generatedBlock, writeGeneratedBlock } from './generated-block.ts';
import { projectRoot } from './vscode-host/paths.ts';

const readme = path.join(projectRoot, 'README.md');
const blocks: Readonly<Record<string, () => string>> = { 'npm run readme # correct': correct, 'npm run readme # fast': fast };

export function writeReadme(): void {
  for (const [command, content] of Object.entries(blocks)) writeGeneratedBlock(readme, command, content());
}

/** The blocks of README.md that say something else than the documents they are taken from. */
export function staleReadme(): string[] {
  return Object.entries(blocks).flatMap(([command, content]) => (generatedBlock(readme, command) === content() ? [] : [command]));
}

function correct(): string {
  const [head, ...rows] = rowsOf(blockIn('comparison', 'npm run sla'));
  // Its first table sums up; the two documents have the same columns, in different orders.
  const [scenarios, ...summary] = rowsOf(blockIn('comparison', 'npm run conformance'));
  const heldBy = (row: string): string[] => head!.slice(1).map((name) => rowNamed(summary, row)[scenarios!.findIndex((other) => other.split(' ')[0] === name.split(' ')[0])]!);
  const wanted = ['reads served with a valid value', 'writes that lied', 'lost updates', 'availability of accepted operations', 'time to recover, p99'];
  return table([
    head!,
    ['[properties P1 to P15](docs/properties.md) held, in each way of counting', ...heldBy('P1 to P15 and P74, in each way of counting that it has, of those that apply')],
    ['what many calls need, [P70 to P81 and P120](docs/properties.md#calls-of-a-guard)', ...heldBy('P70 to P81 and P120, of all')],
    ...wanted.map((name) => rowNamed(rows, name)),
  ]);
}

function fast(): string {
  const inVscode = rowsOf(blockIn('performance', 'npm run bench:vscode'));
  const figure = (name: string): number => Number(rowNamed(inVscode, name)[1]!.replaceAll(',', ''));
  const ratio = (before: number, after: number): string => (before >= after ? `${rounded(before / after)} times faster` : `${rounded(after / before)} times slower`);
  const line = (what: string, before: string, after: string, unit: string): string[] => {
    const [plain, ours] = [figure(before), figure(after)];
    return [what, `${plain.toLocaleString('en')} ${unit}`, `${ours.toLocaleString('en')} ${unit}`, ratio(plain, ours)];
  };
  return table([
    ['in VS Code', '`getConfiguration`', 'Holdfast', ''],
    line('read one setting', 'getConfiguration(section).get(key)', 'holdfast: get(key)', 'ns'),
    line('write one setting; Holdfast reads it back', 'raw: configuration.update', 'holdfast: update (writes, and reads back)', 'ms'),
    line('20 writes at once to one setting', 'raw, one key', 'holdfast, one key', 'ms'),
    line('20 writes at once to 20 settings', 'raw, twenty keys', 'holdfast, twenty keys', 'ms'),
  ]) + beside();
}

/** The guard beside its peers, once `npm run bench` has written its part. */
function beside(): string {
  const sections = blockIn('performance', 'npm run bench').split(/^### /m);
  if (sections.some((text) => text.startsWith('Not measured yet'))) return '';
  const line = (what: string, title: string, ...contestants: string[]): string[] => {
    const section = sections.find((text) => text.startsWith(title));
    if (section === undefined) throw new Error(`docs/performance.md has no "${title}" any longer: README.md needs another.`);
    const rows = rowsOf(section);
    const time = rows[0]!.indexOf('ns/op');
    return [what, ...contestants.map((name) => `${rowNamed(rows, name)[time]} ns`)];
  };
  return table([
    ['the guard', 'Holdfast', 'cockatiel', 'opossum'],
    line('a call that succeeds', 'Success, one call after the other', 'holdfast', 'cockatiel', 'opossum (no retry)'),
    line('a call that fails', 'Failure while CLOSED', 'holdfast', 'cockatiel: breaker alone', 'opossum'),
    line('a call that is refused', 'Rejection while OPEN', 'holdfast', 'cockatiel', 'opossum'),
  ]).trimStart();
}

function blockIn(name: 'comparison' | 'performance', command: string): string {
  return generatedBlock(path.join(projectRoot, `docs/${name}.md`), `${command} -- --write`);
}

/** The cells of every row of every table, without the rules below the heads. */
function rowsOf(markdown: string): string[][] {
  return [...markdown.matchAll(/^\|(.*)\|$/gm)].map(([, line]) => line!.split('|').map((cell) => cell.trim())).filter((cells) => !cells.slice(1).every((cell) => /^:?-+:?$/.test(cell)));
}

function rowNamed(rows: readonly string[][], name: string): string[] {
  const row = rows.find(([first]) => first === name);
  if (row === undefined) throw new Error(`No table has a row "${name}" any longer: README.md needs another.`);
  return row;
}

function rounded(ratio: number): string {
  return ratio >= 10 ? Math.round(ratio).toLocaleString('en') : ratio.toFixed(1);
}

function table([head, ...rows]: string[][]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `\n${[row(head!), row(head!.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n')}\n\n`;
}

if (process.argv[1] === import.meta.filename) {
  writeReadme();
  console.log(`${path.relative(process.cwd(), readme)} says what the documents say.`);
}
