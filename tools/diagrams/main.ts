/**
 * `npm run diagrams`: lays the machines out, for the inspector (src/inspect/layouts.json) and for the documents
 * (docs/images/machine-*.svg), by the same renderer. With `--check` it writes nothing, and fails when a file is stale.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { bulkhead } from '../../machines/bulkhead.ts';
import { circuitBreaker } from '../../machines/circuit-breaker.ts';
import { configLifecycle } from '../../machines/config-lifecycle.ts';
import { recovery } from '../../machines/recovery.ts';
import { retrySequencer } from '../../machines/retry-sequencer.ts';
import { supervisor } from '../../machines/supervisor.ts';
import { write } from '../../machines/write.ts';
import { writeQueue } from '../../machines/write-queue.ts';
import { chartSvg } from '../../src/inspect/chart-svg.ts';
import { chartOf } from '../../src/inspect/chart.ts';
import { documentStyle } from './style.ts';
import { layoutOf } from './layout.ts';

const root = path.resolve(import.meta.dirname, '../..');
const machines = [circuitBreaker, retrySequencer, bulkhead, write, writeQueue, recovery, configLifecycle, supervisor] as unknown as AnyStateMachine[];

/** Every file that follows from the machines, with its text. */
export async function diagramFiles(): Promise<Map<string, string>> {
  const layouts = await Promise.all(machines.map((machine) => layoutOf(chartOf(machine))));
  const files = new Map([[path.join(root, 'src/inspect/layouts.json'), `${JSON.stringify(Object.fromEntries(layouts.map((layout) => [layout.machine, layout])))}\n`]]);
  for (const layout of layouts) {
    const svg = chartSvg(layout).replace('<defs>', `<style>${documentStyle}</style><defs>`);
    files.set(path.join(root, `docs/images/machine-${layout.machine}.svg`), `${svg}\n`);
  }
  return files;
}

/** The files that say something else than the machines. */
export async function staleDiagrams(): Promise<string[]> {
  const stale: string[] = [];
  for (const [file, text] of await diagramFiles()) {
    let found = '';
    try {
      found = readFileSync(file, 'utf8');
    } catch {
      // A missing file is a stale one.
    }
    if (found !== text) stale.push(path.relative(root, file));
  }
  return stale;
}

if (process.argv[1] === import.meta.filename) {
  const stale = await staleDiagrams();
  if (process.argv.includes('--check')) {
    if (stale.length > 0) console.error(`Stale: ${stale.join(', ')}. Run \`npm run diagrams\`.`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    mkdirSync(path.join(root, 'docs/images'), { recursive: true });
    for (const [file, text] of await diagramFiles()) writeFileSync(file, text);
    console.log(stale.length === 0 ? 'The diagrams were up to date.' : `Written: ${stale.join(', ')}`);
  }
}
