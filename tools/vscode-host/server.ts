import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '../../test/limits.ts';
import type { InstalledServer } from './fetch.ts';
import type { LeashOrders } from './leash.ts';

export interface ServerOptions {
  /** Which server: see `ensureServer`. */
  readonly server: InstalledServer;
  /** Folder for everything the server keeps: settings, extensions, logs. See `prepareHome`. */
  readonly home: string;
  /** Port to listen on. Default: a free one, chosen by the operating system. */
  readonly port?: number | undefined;
  /** Secret that must be in the URL. Default: none, which is right for a test on loopback and for nothing else. */
  readonly token?: string | undefined;
  /** Host and port by which its browser knows it, if not by those where it listens. */
  readonly authority?: string | undefined;
  /** More of the server's own flags, such as `--disable-workspace-trust`. */
  readonly flags?: readonly string[];
  /** Environment of the server, and so of the extension host. Default: ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** Folders that go away with the server, even if we are killed. */
  readonly remove?: readonly string[];
  /** Hears every line that the server prints. */
  readonly onOutput?: (line: string) => void;
}

export interface RunningServer {
  readonly port: number;
  /** `localhost:PORT`, or what was wanted: also the authority in `vscode-remote://` addresses. */
  readonly authority: string;
  /** Address of a workbench: query parameters, and the token when there is one. */
  url(query?: Record<string, string>): string;
  /** Settles when the server is gone, whoever ended it. */
  readonly ended: Promise<void>;
  /** Ends the server and every process that it started, and removes its folders. Resolves when they are gone. */
  stop(): Promise<void>;
}

/** Starts a VS Code server on loopback, and resolves when it answers. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const orders: LeashOrders = {
    main: options.server.main,
    args: [
      '--host', '127.0.0.1',
      '--port', String(options.port ?? 0),
      '--server-data-dir', options.home,
      '--telemetry-level', 'off',
      '--accept-server-license-terms',
      // Within one machine it costs more than it saves.
      '--disable-websocket-compression',
      ...(options.token === undefined ? ['--without-connection-token'] : ['--connection-token', options.token]),
      ...(options.flags ?? []),
    ],
    remove: options.remove ?? [],
  };
  const leash = spawn(process.execPath, [path.join(import.meta.dirname, 'leash.ts'), JSON.stringify(orders)], {
    // As from a command line, whose environment is complete: else it asks the user's shell for more, whatever its flags say.
    env: { ...withoutDeprecation(withoutOuterVscode(options.env ?? process.env)), VSCODE_CLI: '1' },
    // Its own session: Ctrl+C in our terminal reaches us alone, and we end the server in our own order.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  leash.stdin.on('error', () => {});

  const ended = new Promise<void>((resolve) => leash.once('close', () => resolve()));
  const stop = async () => {
    leash.stdin.end();
    await ended;
  };

  const lastWords: string[] = [];
  const listening = new Promise<number | undefined>((resolve) => {
    for (const stream of [leash.stdout, leash.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (lastWords.push(line) > 20) lastWords.shift();
        options.onOutput?.(line);
        const port = /^Extension host agent listening on (\d+)/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
        // The server says so, and stays.
        if (line.includes('Error: listen ')) resolve(undefined);
      });
    }
  });
  const port = await Promise.race([listening, ended, delay(limits.condition, undefined, { ref: false })]);
  if (port === undefined) {
    await stop();
    const taken = lastWords.some((line) => line.includes('EADDRINUSE'));
    throw new Error(taken
      ? `Port ${options.port} is taken. Choose another, or none, and a free one is found.`
      : `The VS Code ${options.server.version} server did not start. Its last words:\n${lastWords.join('\n')}`);
  }

  const authority = options.authority ?? `localhost:${port}`;
  return {
    port,
    authority,
    url: (query = {}) => {
      const parameters = Object.entries({ ...(options.token === undefined ? {} : { tkn: options.token }), ...query });
      return `http://${authority}/?${parameters.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2F', '/')}`).join('&')}`;
    },
    ended,
    stop,
  };
}

/** We may be running in a terminal of some VS Code: its variables would make the server talk to that one. */
function withoutOuterVscode(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign = (name: string) => (name.startsWith('VSCODE_') && name !== 'VSCODE_TEST_OPTIONS') || name === 'ELECTRON_RUN_AS_NODE';
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign(name)));
}

/** Extensions of older VS Codes use `punycode`, which the Node.js of their time has without a warning. Ours would print one. */
function withoutDeprecation(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, NODE_OPTIONS: [env['NODE_OPTIONS'] ?? '', '--disable-warning=DEP0040'].join(' ').trim() };
}
