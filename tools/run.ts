import { spawn } from 'node:child_process';
import { atExit } from './at-exit.ts';

/**
 * Runs a program to its end and gives back what it printed. A program that fails becomes an error which carries its
 * last words, so that "npm failed" never stands alone.
 */
export async function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  // npm is a .cmd file on Windows, which only a shell can start.
  const shell = process.platform === 'win32' && command === 'npm';
  const child = spawn(command, args, { cwd, shell, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  // It must not go on after we were interrupted.
  const done = atExit(() => void child.kill());
  let stdout = '';
  let everything = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; everything += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { everything += text; });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
  }).finally(done);
  if (code !== 0) {
    const lastWords = everything.trimEnd().split('\n').slice(-20).join('\n');
    throw new Error(`\`${command} ${args.join(' ')}\` ended with ${code}:\n${lastWords}`);
  }
  return stdout;
}
