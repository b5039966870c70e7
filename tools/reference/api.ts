import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { install } from '../on-demand.ts';
import { projectRoot } from '../vscode-host/paths.ts';

/** For TypeDoc and its plugin. TypeDoc refuses what it does not know. */
const options = {
  entryPoints: doors(),
  tsconfig: path.join(projectRoot, 'tools/tsconfig.types.json'),
  plugin: ['typedoc-plugin-markdown'],
  readme: 'none',
  name: 'API',
  logLevel: 'Error' as const,
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  // The types are checked by `npm run types`.
  skipErrorChecking: true,
  disableSources: true,
  githubPages: false,
  outputFileStrategy: 'modules',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandParameters: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  enumMembersFormat: 'table',
  tableColumnSettings: { hideDefaults: true, hideInherited: true, hideModifiers: true, hideOverrides: true, hideSources: true },
};

/** The API by TypeDoc: a page for each door, and one that lists them. By their file names. */
export async function apiReference(): Promise<Map<string, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-api-'));
  try {
    await install('tools/reference');
    const { Application } = await import('typedoc');
    const application = await Application.bootstrapWithPlugins(options);
    const project = await application.convert();
    if (project === undefined) throw new Error('TypeDoc could not read the sources.');
    await application.outputs.writeOutput({ name: 'markdown', path: folder }, project);
    return new Map(readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The sources of what package.json exports. */
function doors(): string[] {
  const { exports } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { exports: Record<string, string | { import: { types: string } }> };
  return Object.values(exports).flatMap((door) => (typeof door === 'string' ? [] : [path.join(projectRoot, door.import.types.replace(/^\.\/dist\/types\/esm\//, '').replace(/\.d\.ts$/, '.ts'))]));
}
