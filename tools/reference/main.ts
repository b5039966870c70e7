/**
 * `npm run reference`: writes docs/reference from the source. With `--check` it writes nothing, and fails when a page
 * is stale; a test says so too.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../vscode-host/paths.ts';
import { apiReference } from './api.ts';
import { commandReference } from './commands.ts';
import { errorReference } from './errors.ts';
import { machineReference } from './machines.ts';
import { openTelemetryReference } from './opentelemetry.ts';
import { settingReference } from './settings.ts';

const folder = path.join(projectRoot, 'docs/reference');
const note = '<!-- Written by `npm run reference`. -->';

/** Every page, with its text. */
export async function referencePages(): Promise<Map<string, string>> {
  const pages = { api: apiReference(), commands: commandReference(), errors: errorReference(), machines: machineReference(), opentelemetry: openTelemetryReference(), settings: await settingReference() };
  return new Map(Object.entries(pages).map(([name, text]) => [path.join(folder, `${name}.md`), `${note}\n\n${text.trim()}\n`]));
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
  if (process.argv.includes('--check')) {
    const stale = await stalePages();
    for (const file of stale) console.error(`${file} is stale: run \`npm run reference\`.`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of await referencePages()) writeFileSync(file, text);
    console.log('docs/reference is written.');
  }
}
