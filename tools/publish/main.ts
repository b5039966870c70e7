/**
 * `npm run release -- --publish [--dry-run]`: brings the packages in out/packages to npm, to the VS Code Marketplace and to
 * Open VSX. For the release workflow alone; `--dry-run` says what it would run. What is there already is left alone, so
 * that a release that broke off halfway can be tried again.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { install } from '../on-demand.ts';
import { run } from '../run.ts';
import { temporaryFolder } from '../vscode-host/home.ts';
import { projectRoot } from '../vscode-host/paths.ts';

/** Where a release goes, and the secret that opens it. */
const secrets = { npm: 'NPM_TOKEN', 'VS Code Marketplace': 'VSCE_PAT', 'Open VSX': 'OVSX_PAT' } as const;

export interface Circumstances {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly changelog: string;
  readonly packages: readonly { readonly file: string; readonly exists: boolean }[];
  readonly dryRun: boolean;
}

/** Why nothing may be published, if there is a reason. */
export function refusal({ env, version, changelog, packages, dryRun }: Circumstances): string | undefined {
  if (env['GITHUB_ACTIONS'] !== 'true') return 'Only the release workflow publishes. Push the tag of a release, and it will.';
  const tag = env['GITHUB_REF_TYPE'] === 'tag' ? env['GITHUB_REF_NAME'] : undefined;
  if (tag !== `v${version}`) {
    const found = tag === undefined ? 'There is no tag' : `The tag is ${tag}`;
    return `${found}, and package.json says ${version}: the tag would be v${version}.`;
  }
  if (!changelog.includes(`\n## ${version}, `)) return `CHANGELOG.md does not say what ${version} brings.`;
  const absent = packages.filter(({ exists }) => !exists).map(({ file }) => path.basename(file));
  if (absent.length > 0) return `Not in out/packages: ${absent.join(', ')}. First: npm run package`;
  const unset = dryRun ? [] : Object.values(secrets).filter((name) => !env[name]);
  if (unset.length > 0) return `Not set: ${unset.join(', ')}. CONTRIBUTING.md says where each comes from.`;
  return undefined;
}

export async function publish(dryRun: boolean, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const { name, version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { name: string; version: string };
  const packageOf = (suffix: string): string => path.join('out/packages', `${name}-${version}.${suffix}`);
  const packages = [packageOf('tgz'), packageOf('vsix')].map((file) => ({ file, exists: existsSync(path.join(projectRoot, file)) }));
  const changelog = readFileSync(path.join(projectRoot, 'CHANGELOG.md'), 'utf8');
  const reason = refusal({ env, version, changelog, dryRun, packages });
  if (reason !== undefined) throw new Error(reason);

  const steps: readonly Step[] = [
    { where: 'npm', program: 'npm', args: ['publish', packageOf('tgz'), '--access', 'public', '--provenance'] },
    { where: 'VS Code Marketplace', program: 'vsce', args: ['publish', '--skip-duplicate', '--packagePath', packageOf('vsix')] },
    { where: 'Open VSX', program: 'ovsx', args: ['publish', '--skip-duplicate', packageOf('vsix')] },
  ];
  if (dryRun) {
    for (const { where, program, args } of steps) console.log(`${where}: ${[program, ...args].join(' ')}`);
    return console.log(`Version ${version} could be published. This was a dry run: nothing has been.`);
  }
  await install('tools/publish');
  for (const step of steps) {
    if (step.where === 'npm' && await isOnNpm(name, version)) console.log(`${step.where}: ${version} is there already.`);
    else await take(step);
  }
  console.log(`Version ${version} is published.`);
}

interface Step {
  readonly where: keyof typeof secrets;
  readonly program: 'npm' | 'vsce' | 'ovsx';
  readonly args: readonly string[];
}

/** Each program is given its own secret, and no other. */
async function take({ where, program, args }: Step): Promise<void> {
  const own = secrets[where];
  const others = Object.values(secrets).filter((secret) => secret !== own);
  const env = { ...Object.fromEntries(others.map((secret) => [secret, undefined])), ...(where === 'npm' ? await npmLogin(own) : {}) };
  await run(program === 'npm' ? program : path.join(import.meta.dirname, 'node_modules/.bin', program), args, projectRoot, env);
  console.log(`${where}: published.`);
}

async function isOnNpm(name: string, version: string): Promise<boolean> {
  return (await run('npm', ['view', `${name}@${version}`, 'version'], projectRoot).catch(() => '')).trim() === version;
}

/** npm takes its token from a file of settings, which may name a variable. */
async function npmLogin(secret: string): Promise<NodeJS.ProcessEnv> {
  const registry = new URL((await run('npm', ['config', 'get', 'registry'], projectRoot)).trim());
  const file = path.join(temporaryFolder(), 'npmrc');
  writeFileSync(file, `//${registry.host}${registry.pathname}:_authToken=\${${secret}}\n`);
  return { NPM_CONFIG_USERCONFIG: file };
}
