import * as vscode from 'vscode';
import type { LogEntry, LogSink } from '../observe/log.ts';

const levels: readonly LogEntry['level'][] = ['debug', 'info', 'warn', 'error'];

/** The log output channel "Holdfast". Its level is the user's: "Developer: Set Log Level…". */
export class LogChannel implements LogSink, vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel('Holdfast', { log: true });

  /** The least serious entries that are shown; the channel's own level, which is the user's too, comes on top. */
  level: LogEntry['level'] = 'info';

  write({ timestamp: _, level, message, service, instanceId: _id, ...context }: LogEntry): void {
    if (levels.indexOf(level) < levels.indexOf(this.level)) return;
    const details = Object.keys(context).length === 0 ? '' : ` ${JSON.stringify(context)}`;
    this.#channel[level](`[${service}] ${message}${details}`);
  }

  info(message: string): void {
    this.#channel.info(message);
  }

  error(message: string): void {
    this.#channel.error(message);
  }

  show(): void {
    this.#channel.show();
  }

  dispose(): void {
    this.#channel.dispose();
  }
}
