/**
 * `npm run manifest`: writes what the settings definitions of Holdfast and of the example say into their package.json.
 *
 * With `--check` it writes nothing, and fails when the file says something else.
 */
import './from-source.ts';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contributedConfiguration, restrictedConfigurations } from '../src/settings/manifest.ts';

const exampleFile = path.resolve(import.meta.dirname, '../examples/nofx/package.json');
const ownFile = path.resolve(import.meta.dirname, '../package.json');

interface Manifest {
  contributes?: Record<string, unknown>;
  capabilities?: { untrustedWorkspaces?: Record<string, unknown> };
}

/** The text of the example's package.json, as it is and as it should be. */
export async function exampleManifest(): Promise<{ readonly found: string; readonly expected: string }> {
  const { nofx } = await import('../examples/nofx/src/settings.ts');
  const found = await readFile(exampleFile, 'utf8');
  const manifest = JSON.parse(found) as Manifest;
  const expected = {
    ...manifest,
    contributes: { ...manifest.contributes, configuration: contributedConfiguration(nofx, 'NofX') },
    capabilities: {
      ...manifest.capabilities,
      untrustedWorkspaces: { ...manifest.capabilities?.untrustedWorkspaces, restrictedConfigurations: restrictedConfigurations(nofx) },
    },
  };
  return { found, expected: `${JSON.stringify(expected, null, 2)}\n` };
}

/** The same of Holdfast's own. */
export async function ownManifest(): Promise<{ readonly found: string; readonly expected: string }> {
  const { ownDefinition } = await import('../src/extension/own-definition.ts');
  const found = await readFile(ownFile, 'utf8');
  const manifest = JSON.parse(found) as Manifest;
  const expected = { ...manifest, contributes: { ...manifest.contributes, configuration: contributedConfiguration(ownDefinition, 'Holdfast') } };
  return { found, expected: `${JSON.stringify(expected, null, 2)}\n` };
}

if (process.argv[1] === import.meta.filename) {
  for (const [file, { found, expected }] of [[exampleFile, await exampleManifest()], [ownFile, await ownManifest()]] as const) {
    const shown = path.relative(process.cwd(), file);
    if (found === expected) {
      console.log(`${shown} says what the settings definition says.`);
    } else if (process.argv.includes('--check')) {
      console.error(`${shown} has drifted from the settings definition: run \`npm run manifest\`.`);
      process.exitCode = 1;
    } else {
      await writeFile(file, expected);
      console.log(`${shown} written.`);
    }
  }
}
