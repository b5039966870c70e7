import '../from-source.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { contributedConfiguration } from '../../src/settings/manifest.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { commentOf, nodesOf, sourceFile, table } from './source.ts';

/** Interfaces of options, and where they are declared. */
const options = [
  ['SupervisionOptions', 'src/vscode.ts', 'Of `superviseConfiguration`, beside those of the service.'],
  ['ServiceOptions', 'src/service/options.ts', 'Of `createConfigurationService` and `superviseConfiguration`.'],
  ['LifecycleOptions', 'machines/config-lifecycle.ts', '`lifecycle` of the service.'],
  ['SupervisorOptions', 'machines/supervisor.ts', '`supervisor` of the service.'],
  ['GuardOptions', 'src/guard/options.ts', 'Of `createGuard`; a service has one guard for each settings file, with `guard` of its options.'],
  ['BreakerOptions', 'machines/circuit-breaker.ts', '`breaker` of a guard.'],
  ['RetryOptions', 'machines/retry-backoff.ts', '`retry` of a guard.'],
  ['BulkheadOptions', 'machines/bulkhead-options.ts', 'Of `concurrency`, for the `limit` of a guard.'],
  ['ExecuteOptions', 'src/guard/options.ts', 'Of `guard.execute`.'],
  ['UpdateOptions', 'src/service/options.ts', 'Of `update` and `updateAll`.'],
  ['SettingDeclaration', 'src/settings/declaration.ts', 'Of one setting, in `defineSettings`.'],
] as const;

interface Property {
  readonly default?: unknown;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly markdownDeprecationMessage?: string;
  readonly scope?: string;
}

/** What can be set: by users in settings.json, by authors in code. */
export async function settingReference(): Promise<string> {
  const { nofx } = await import('../../examples/nofx/src/settings.ts');
  const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { contributes: { configuration?: { properties: Record<string, Property> } } };
  const own = manifest.contributes.configuration?.properties;
  const example = contributedConfiguration(nofx, 'NofX') as unknown as { properties: Record<string, Property> };
  return [
    '# Settings',
    '## Of the Holdfast extension',
    own === undefined ? 'None: it shows, and does not need to be told how.' : properties(own),
    '## Of the example, NofX',
    'Made from [its definition](../../examples/nofx/src/settings.ts), as is the `configuration` block of its package.json.',
    properties(example.properties),
    '## Options, for authors',
    'All times are in milliseconds unless it is said otherwise.',
    ...options.flatMap(([name, file, of]) => [`### ${name}`, of, members(name, file)]),
  ].join('\n\n');
}

function properties(of: Record<string, Property>): string {
  return table(['setting', 'default', 'scope', 'description'], Object.entries(of).map(([name, { default: value, scope, description, markdownDescription, markdownDeprecationMessage }]) => [
    `\`${name}\``, `\`${JSON.stringify(value)}\``, scope ?? 'window', inEnglish(description ?? markdownDescription ?? markdownDeprecationMessage ?? ''),
  ]));
}

/** A text of the manifest, or what package.nls.json has in its place. */
function inEnglish(text: string): string {
  const texts = JSON.parse(readFileSync(path.join(projectRoot, 'package.nls.json'), 'utf8')) as Record<string, string>;
  return text.startsWith('%') ? texts[text.slice(1, -1)] ?? text : text;
}

function members(name: string, file: string): string {
  const declaration = [...nodesOf(sourceFile(file))].find((node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name);
  if (declaration === undefined) throw new Error(`There is no interface ${name} in ${file} any more: see tools/reference/settings.ts.`);
  const signatures = declaration.members.filter(ts.isPropertySignature);
  return table(['option', 'type', ''], signatures.map((member) => [`\`${member.name.getText()}\``, `\`${member.type?.getText() ?? ''}\``, commentOf(member)]));
}
