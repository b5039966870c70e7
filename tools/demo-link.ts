import net from 'node:net';
import readline from 'node:readline';
import { until } from '../test/limits.ts';

/** An answer of the service inside VS Code. */
export interface Answer {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string; readonly reason?: string; readonly userAction?: string };
  /** How long it took inside VS Code, in milliseconds. */
  readonly ms: number;
}

/** The line to the demo driver in the extension host. */
export class DemoLink {
  readonly #socket: net.Socket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    readline.createInterface({ input: socket }).on('line', (line) => {
      const { id, ...answer } = JSON.parse(line) as Answer & { id: number };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  /** Connects as soon as the driver listens. */
  static async connect(path: string): Promise<DemoLink> {
    let socket: net.Socket;
    await until('the demo driver listens', () => new Promise<boolean>((resolve) => {
      socket = net.connect(path);
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    }));
    return new DemoLink(socket!);
  }

  call(call: 'get' | 'update' | 'health' | 'metrics' | 'startReading' | 'reads' | 'land' | 'seen' | 'theme' | 'unsaved' | 'raw' | 'worktrees', ...args: unknown[]): Promise<Answer> {
    const id = ++this.#calls;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.write(`${JSON.stringify({ id, call, args })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
