/**
 * `npm run reference`: writes docs/reference from the source. With `--check` it writes nothing, and fails when a page
 * is stale; a test says so too.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installOrExit } from '../on-demand.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { alertReference } from './alerts.ts';
import { apiReference } from './api.ts';
import { commandReference } from './commands.ts';
import { errorReference } from './errors.ts';
import { healthReference } from './health.ts';
import { logReference } from './logs.ts';
import { machineReference } from './machines.ts';
import { metricsReference } from './metrics.ts';
import { openTelemetryReference } from './opentelemetry.ts';
import { settingReference } from './settings.ts';

const folder = path.join(projectRoot, 'docs/reference');
const note = '<!-- Written by `npm run reference`. -->';

/** Every page, with its text. */
export async function referencePages(): Promise<Map<string, string>> {
  const pages = {
    alerts: alertReference(), commands: commandReference(), errors: errorReference(), health: await healthReference(), logs: logReference(),
    machines: machineReference(), metrics: metricsReference(), opentelemetry: openTelemetryReference(), settings: await settingReference(),
  };
  const api = [...await apiReference()].map(([file, text]) => [path.join('api', file), text] as const);
  const own = Object.entries(pages).map(([name, text]) => [`${name}.md`, text] as const);
  return new Map([...api, ...own].map(([name, text]) => [path.join(folder, name), `${note}\n\n${text.trim()}\n`]));
}

/** The pages that say something else than the source. */
export async function stalePages(): Promise<string[]> {
  return [...await referencePages()].flatMap(([file, text]) => (readOrNothing(file) === text ? [] : [path.relative(projectRoot, file)]));
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

if (process.argv[1] === import.meta.filename) {
  await installOrExit('tools/reference');
  if (process.argv.includes('--check')) {
    const stale = await stalePages();
    for (const file of stale) console.error(`${file} is stale: run \`npm run reference\`.`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    for (const [file, text] of await referencePages()) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    console.log('docs/reference is written.');
  }
}
