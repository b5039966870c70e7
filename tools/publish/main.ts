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
  const tag = env['GITHUB_REF_TYPE'] === 'tag' ? env['GITHUB_REF_NAME'] ?? '' : '';
  if (tag !== `v${version}`) return `${tag === '' ? 'There is no tag' : `The tag is ${tag}`}, and package.json says ${version}: the tag would be v${version}.`;
  if (!changelog.includes(`\n## ${version}, `)) return `CHANGELOG.md does not say what ${version} brings.`;
  const absent = packages.filter(({ exists }) => !exists);
  if (absent.length > 0) return `${absent.map(({ file }) => path.basename(file)).join(' and ')} ${absent.length === 1 ? 'is' : 'are'} not in out/packages: npm run package`;
  const unset = dryRun ? [] : Object.values(secrets).filter((name) => !env[name]);
  if (unset.length > 0) return `Not set: ${unset.join(', ')}. CONTRIBUTING.md says where each comes from.`;
  return undefined;
}

export async function publish(dryRun: boolean, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const { name, version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { name: string; version: string };
  const [tarball, vsix] = ['tgz', 'vsix'].map((suffix) => path.join(projectRoot, `out/packages/${name}-${version}.${suffix}`)) as [string, string];
  const changelog = readFileSync(path.join(projectRoot, 'CHANGELOG.md'), 'utf8');
  const reason = refusal({ env, version, changelog, dryRun, packages: [tarball, vsix].map((file) => ({ file, exists: existsSync(file) })) });
  if (reason !== undefined) throw new Error(reason);

  const tools = path.join(import.meta.dirname, 'node_modules/.bin');
  const steps: readonly (readonly [where: keyof typeof secrets, command: string, args: readonly string[]])[] = [
    ['npm', 'npm', ['publish', tarball, '--access', 'public', '--provenance']],
    ['VS Code Marketplace', path.join(tools, 'vsce'), ['publish', '--skip-duplicate', '--packagePath', vsix]],
    ['Open VSX', path.join(tools, 'ovsx'), ['publish', '--skip-duplicate', vsix]],
  ];
  if (dryRun) {
    for (const [where, command, args] of steps) console.log(`${where}: ${[path.basename(command), ...args.map((arg) => arg.replace(`${projectRoot}${path.sep}`, ''))].join(' ')}`);
    return console.log(`Version ${version} could be published. This was a dry run: nothing has been.`);
  }
  await install('tools/publish');
  for (const [where, command, args] of steps) {
    if (where === 'npm' && await isOnNpm(name, version)) {
      console.log(`${where}: ${version} is there already.`);
      continue;
    }
    const mine = secrets[where];
    const others = Object.fromEntries(Object.values(secrets).filter((secret) => secret !== mine).map((secret) => [secret, '']));
    await run(command, args, projectRoot, { ...others, ...(where === 'npm' ? await npmLogin(mine) : {}) });
    console.log(`${where}: published.`);
  }
  console.log(`Version ${version} is published.`);
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
