/** Busy loops beside the tests: processes of ordinary priority that do nothing but use the processor. */
import { spawn, type ChildProcess } from 'node:child_process';

/** Ends by itself when its parent has gone. */
const loop = 'const parent = process.ppid; for (;;) { for (let i = 0; i < 1e8; i++); if (process.ppid !== parent) process.exit(); }';

export interface BusyLoops {
  /** How many are still at work. */
  alive(): number;
  /** Ends them, by their ids. */
  end(): void;
}

export function startBusyLoops(count: number): BusyLoops {
  // Each in a session of its own: Linux divides processor time among sessions first.
  const detached = process.platform !== 'win32';
  const loops: ChildProcess[] = Array.from({ length: count }, () => spawn(process.execPath, ['-e', loop], { stdio: 'ignore', detached }));
  const end = (): void => { for (const each of loops) each.kill('SIGKILL'); };
  process.once('exit', end);
  return { alive: () => loops.filter(({ exitCode, signalCode, pid }) => pid !== undefined && exitCode === null && signalCode === null).length, end };
}
