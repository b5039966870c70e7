/**
 * `npm start`: a VS Code with Holdfast and the NofX example in it, in your browser. Ctrl+C ends it without a trace.
 *
 * Environment: HOLDFAST_PORT names a port (default: a free one); HOLDFAST_VSCODE_VERSION another pinned version.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { products } from './bundles.ts';
import { createDemoWorkspace } from './demo-workspace.ts';
import { ready } from './products.ts';
import { showProgress } from './progress.ts';
import { ensureServer } from './vscode-host/fetch.ts';
import { prepareHome, temporaryFolder } from './vscode-host/home.ts';
import { builtExtensions } from './vscode-host/paths.ts';
import { startServer, type RunningServer } from './vscode-host/server.ts';
import { asVersion, servers } from './vscode-host/versions.ts';
import { quietSettings } from './vscode-host/workbench.ts';

interface Manifest {
  name: string;
  version: string;
  contributes?: { commands?: { title: string; category?: string }[] };
}

let server: RunningServer | undefined;
let ending = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

try {
  server = await start();
  await server.ended;
  if (!ending) throw new Error('The VS Code server ended by itself.');
} catch (error) {
  if (!ending) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

async function start(): Promise<RunningServer> {
  const progress = showProgress();
  progress.step('Building');
  await ready(products.extensions);
  const version = asVersion(process.env['HOLDFAST_VSCODE_VERSION']);
  const installed = await ensureServer(version, progress.step);

  progress.step(`Starting VS Code ${version}`);
  const folder = temporaryFolder();
  const workspace = await createDemoWorkspace(folder);
  const extensions = builtExtensions();
  const home = await prepareHome(path.join(folder, 'server'), { userSettings: quietSettings, extensions });
  const running = await startServer({
    server: installed,
    home: home.folder,
    env: { ...process.env, ...home.environment },
    port: portFromEnvironment(),
    token: randomBytes(16).toString('hex'),
    flags: ['--disable-workspace-trust'],
    remove: [folder],
  });
  progress.done();

  const manifests = await Promise.all(extensions.map(readManifest));
  const commands = manifests.flatMap((manifest) => manifest.contributes?.commands ?? []);
  console.log([
    '',
    `VS Code ${version} is running, with a demonstration workspace. Open`,
    '',
    `  ${running.url({ folder: workspace })}`,
    '',
    `  Server      code-server ${servers[version].codeServer} from npm, on Node ${process.versions.node}, on this machine alone`,
    `  Extensions  ${manifests.map(({ name, version: its }) => `${name} ${its}`).join(', ') || 'none are built yet'}`,
    `  Workspace   ${workspace}`,
    '',
    'To look at: README.md in the workspace says what to try in .vscode/settings.json.',
    ...(commands.length === 0 ? [] : ['Commands (F1):', ...commands.map(({ category, title }) => `  ${category === undefined ? '' : `${category}: `}${title}`)]),
    '',
    'Ctrl+C ends it, and removes the workspace and the settings of this VS Code.',
  ].join('\n'));
  return running;
}

function portFromEnvironment(): number | undefined {
  const text = process.env['HOLDFAST_PORT'];
  if (!text) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`HOLDFAST_PORT is ${text}, which is not a port.`);
  return port;
}

/** With its texts in English, as VS Code shows them. */
async function readManifest(folder: string): Promise<Manifest> {
  const manifest = await readFile(path.join(folder, 'package.json'), 'utf8');
  const texts = JSON.parse(await readFile(path.join(folder, 'package.nls.json'), 'utf8').catch(() => '{}')) as Record<string, string>;
  return JSON.parse(manifest, (_, value: unknown) => (typeof value === 'string' ? value.replace(/^%(.+)%$/, (name, key: string) => texts[key] ?? name) : value)) as Manifest;
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  if (server === undefined) process.exit(130);
  await server.stop();
  process.exit(0);
}
