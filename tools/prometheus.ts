import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { atExit } from './at-exit.ts';

/** Whether Prometheus and its promtool are there. */
export function hasPrometheus(): boolean {
  return ['prometheus', 'promtool'].every((program) => spawnSync(program, ['--version']).status === 0);
}

/** How to get it, for whoever runs the tests without. */
export const howToInstall = 'Prometheus is not installed, so this was not tested. Debian, Ubuntu: apt-get install --no-install-recommends prometheus. macOS: brew install prometheus.';

/** Runs promtool, and gives back whether it was content and what it said. */
export function promtool(args: readonly string[], input = ''): { readonly ok: boolean; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { ok: status === 0, said: error?.message ?? `${stdout}${stderr}` };
}

/** One series of an answer. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>;
  /** The last one: time in seconds, value as text. */
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** A Prometheus that runs already, by its HTTP API. */
export class PrometheusApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** The value now of each series. Rejects with what Prometheus says against the query. */
  async query(query: string): Promise<readonly Found[]> {
    return (await this.#get<{ result: readonly Found[] }>(`query?query=${encodeURIComponent(query)}`)).result;
  }

  async alerts(): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly state: 'pending' | 'firing' }[]> {
    return (await this.#get<{ alerts: [] }>('alerts')).alerts;
  }

  async labelValues(label: string, match: string): Promise<readonly string[]> {
    return this.#get(`label/${label}/values?match[]=${encodeURIComponent(match)}`);
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const answer = await response.json() as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`${decodeURIComponent(path)}: ${answer.error}`);
    return answer.data;
  }
}

export interface Background {
  /** The last of what it has printed. */
  said(): string;
  hasEnded(): boolean;
  stop(): Promise<void>;
}

/** A program that runs until it is stopped, and with this process at the latest. */
export function background(command: string, args: readonly string[], cwd: string): Background {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-10_000); });
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => { said += error.message; resolve(); });
    child.once('close', () => resolve());
  }).then(() => { isOver = true; });
  const done = atExit(() => void child.kill('SIGKILL'));
  return {
    said: () => said,
    hasEnded: () => isOver,
    async stop() {
      done();
      child.kill();
      await ended;
    },
  };
}

/** A port of the loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
