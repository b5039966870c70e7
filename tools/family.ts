/** A process with all that it starts: it can be ended as a whole, and does not go on after us. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { projectRoot } from './vscode-host/paths.ts';

export interface Family {
  /** Resolves when all of it has ended, to the exit code; to none when it was ended. */
  readonly ended: Promise<number | null>;
  /** What it has printed, unless that is shown as it comes. */
  readonly printed: () => string;
  /** Asks it to end, and ends it after ten seconds. */
  end(): void;
}

const families = new Set<ChildProcess>();
process.once('exit', () => { for (const child of families) signal(child, 'SIGTERM'); });
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(130));

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(pid), '/T', '/F']);
    else process.kill(-pid, name);
  } catch {
    // It has ended.
  }
}

/** @param live shows the output as it comes */
export function startFamily(program: string, args: readonly string[], env: NodeJS.ProcessEnv, { live = false } = {}): Family {
  const stdio = live ? 'inherit' : 'pipe';
  const child = spawn(program, args, {
    cwd: projectRoot,
    stdio: ['ignore', stdio, stdio],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
    // A group of its own, which can be ended as a whole.
    detached: process.platform !== 'win32',
  });
  families.add(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => { printed += `${error.message}\n`; resolve(1); });
    child.once('close', resolve);
  }).finally(() => families.delete(child));
  const end = (): void => {
    signal(child, 'SIGTERM');
    setTimeout(() => { if (families.has(child)) signal(child, 'SIGKILL'); }, 10_000).unref();
  };
  return { ended, printed: () => printed, end };
}
