/**
 * Reports what the tests have executed: branches by folder, from c8's summary, and error paths one by one,
 * from V8's own counts.
 *
 * An error path is a `catch` clause, a `throw`, or the making of one of our errors: each must have been
 * executed by a test at least once.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedPositionFor, LEAST_UPPER_BOUND, TraceMap } from '@jridgewell/trace-mapping';
import ts from 'typescript';

export interface CoverageCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** The least share of branches executed, in per cent. */
const thresholds: Readonly<Record<string, number>> = { 'machines': 95, 'src/guard': 95, 'src/service': 95, 'src/settings': 95 };
/** Folders whose error paths are looked at. */
const errorPathFolders = ['machines', 'src/guard', 'src/service', 'src/settings', 'src/store', 'src/observe'];
/** What imports `vscode` runs in VS Code alone, and is measured there. */
const onlyInVscode = /^src\/store\/vscode-(store|settings-file|files|host|disk|carried-save|commit)\.ts$/;
/** What takes the place of another in a browser: test/vscode/web. */
const onlyInBrowser = /\.browser\.ts$/;

interface Summary {
  readonly branches: { readonly total: number; readonly covered: number };
}

interface V8Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** @param root of the project @param folder where c8 left its `coverage-summary.json` and, in `v8`, V8's raw counts */
export function checkCoverage(root: string, folder: string): CoverageCheck[] {
  return [...branchChecks(root, path.join(folder, 'coverage-summary.json')), errorPathCheck(root, path.join(folder, 'v8'))];
}

function branchChecks(root: string, file: string): CoverageCheck[] {
  const summary = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Summary>;
  return Object.entries(thresholds).map(([folder, threshold]) => {
    const files = Object.entries(summary).filter(([name]) => path.relative(root, name).startsWith(`${folder}/`));
    const total = files.reduce((sum, [, { branches }]) => sum + branches.total, 0);
    const covered = files.reduce((sum, [, { branches }]) => sum + branches.covered, 0);
    const percent = total === 0 ? 0 : (100 * covered) / total;
    return {
      name: `branches of ${folder}`,
      ok: percent >= threshold,
      detail: `${percent.toFixed(1)} % (${covered} of ${total}; at least ${threshold} %)`,
    };
  });
}

function errorPathCheck(root: string, folder: string): CoverageCheck {
  const counts = readCounts(folder);
  const files = errorPathFolders.flatMap((each) => sources(path.join(root, each))).filter((file) => !onlyInVscode.test(path.relative(root, file)) && !onlyInBrowser.test(file));
  return checkErrorPaths('error paths', root, files, (file, start) => counts.get(file)?.some((ranges) => executed(ranges, start)) ?? false);
}

/**
 * The error paths of what imports `vscode`, executed inside VS Code.
 * @param folder where the suites inside VS Code have left their counts, of bundles with source maps
 */
export function checkVscodeErrorPaths(root: string, folder: string): CoverageCheck {
  const files = sources(path.join(root, 'src/store')).filter((file) => onlyInVscode.test(path.relative(root, file)));
  const bundles = [...readCounts(folder)].map(([bundle, processes]) => ({ bundle: mappedBundle(bundle), processes }));
  return checkErrorPaths('error paths in VS Code', root, files, (file, _start, { line, column }) => bundles.some(({ bundle, processes }) => {
    const offset = bundle.offsetOf(file, line, column);
    return offset !== undefined && processes.some((ranges) => executed(ranges, offset));
  }));
}

interface MappedBundle {
  /** Where a place of a source file has come to lie; lines from 1, columns from 0. */
  offsetOf(file: string, line: number, column: number): number | undefined;
}

function mappedBundle(file: string): MappedBundle {
  const text = readFileSync(file, 'utf8');
  const [, base64] = /^\/\/# sourceMappingURL=data:application\/json;base64,(.+)$/m.exec(text)!;
  const map = new TraceMap(Buffer.from(base64!, 'base64').toString());
  const names = new Map(map.sources.map((name) => [path.resolve(path.dirname(file), name ?? ''), name]));
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return {
    offsetOf(source, line, column) {
      const name = names.get(source);
      if (name === undefined || name === null) return undefined;
      const { line: at, column: within } = generatedPositionFor(map, { source: name, line, column, bias: LEAST_UPPER_BOUND });
      return at === null ? undefined : lineStarts[at - 1]! + within;
    },
  };
}

type Executed = (file: string, start: number, at: { readonly line: number; readonly column: number }) => boolean;

function checkErrorPaths(title: string, root: string, files: readonly string[], isExecuted: Executed): CoverageCheck {
  let total = 0;
  const missed: string[] = [];
  for (const file of files) {
    for (const { start, line, column } of errorPaths(file, readFileSync(file, 'utf8'))) {
      total++;
      if (!isExecuted(file, start, { line, column })) missed.push(`${path.relative(root, file)}:${line}`);
    }
  }
  const covered = total - missed.length;
  return {
    name: title,
    ok: missed.length === 0,
    detail: `${((100 * covered) / total).toFixed(1)} % (${covered} of ${total}; all of them)${missed.map((each) => `\n      not executed: ${each}`).join('')}`,
  };
}

/** V8's ranges of each file, one list per process. The ranges of a list are nested; outer ones come first. */
function readCounts(folder: string): Map<string, V8Range[][]> {
  const counts = new Map<string, V8Range[][]>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const { result } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { result: { url: string; functions: { ranges: V8Range[] }[] }[] };
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      const file = fileURLToPath(url.replace(/[?#].*$/, ''));
      counts.set(file, [...counts.get(file) ?? [], functions.flatMap(({ ranges }) => ranges)]);
    }
  }
  return counts;
}

/** The smallest range around an offset tells whether it was executed. */
function executed(ranges: readonly V8Range[], offset: number): boolean {
  const around = ranges.filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset);
  if (around.length === 0) return false;
  const size = ({ startOffset, endOffset }: V8Range): number => endOffset - startOffset;
  return around.reduce((least, range) => (size(range) <= size(least) ? range : least)).count > 0;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => path.join(folder, name));
}

function errorPaths(file: string, text: string): { start: number; line: number; column: number }[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: { start: number; line: number; column: number }[] = [];
  const add = (start: number): void => {
    const { line, character } = source.getLineAndCharacterOfPosition(start);
    found.push({ start, line: line + 1, column: character });
  };
  const visit = (node: ts.Node): void => {
    // V8 counts the block of a catch clause from its brace.
    if (ts.isCatchClause(node)) add(node.block.getStart(source));
    else if (ts.isThrowStatement(node)) add(node.getStart(source));
    else if (ts.isNewExpression(node) && /Error$/.test(node.expression.getText(source))) add(node.getStart(source));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
