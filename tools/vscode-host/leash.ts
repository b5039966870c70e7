/**
 * The process between us and a VS Code server, so that nothing outlives us however we end.
 *
 * A server is a family: extension host, pty host, file watcher, and whatever extensions start. Killing its parent
 * alone leaves the rest. So the leash gives the family a process group of its own and holds stdin open towards us;
 * when that closes (we asked, were interrupted, crashed, or were killed outright) it ends the whole group, and removes
 * the run's temporary folders, which by then nobody can be writing to.
 *
 * Run as: `node leash.ts '{ "main": …, "args": […], "remove": […] }'`
 */
import { spawn, spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface LeashOrders {
  /** The script to run, and its arguments. */
  readonly main: string;
  readonly args: readonly string[];
  /** Folders to remove when everything has ended. */
  readonly remove: readonly string[];
}

const orders = JSON.parse(process.argv[2] ?? '') as LeashOrders;
const windows = process.platform === 'win32';
const server = spawn(process.execPath, [orders.main, ...orders.args], { detached: !windows, stdio: ['ignore', 'inherit', 'inherit'] });

let exitCode = 0;
let ending = false;
server.once('exit', (code) => { exitCode = code ?? 0; void end(); });
server.once('error', () => { exitCode = 1; void end(); });
process.stdin.resume().once('close', () => void end()).once('error', () => void end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await endFamily();
  for (const folder of orders.remove) {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }).catch(() => {});
  }
  process.exit(exitCode);
}

async function endFamily(): Promise<void> {
  if (server.pid === undefined) return;
  if (windows) {
    spawnSync('taskkill', ['/pid', String(server.pid), '/T', '/F']);
    return;
  }
  signalGroup(server.pid, 'SIGTERM');
  for (let waited = 0; waited < 2000 && signalGroup(server.pid, 0); waited += 50) await delay(50);
  signalGroup(server.pid, 'SIGKILL');
}

/** Whether anybody was there to hear it. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}
