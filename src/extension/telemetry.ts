import * as vscode from 'vscode';
import { disposeAll } from '../disposal.ts';
import type { LogChannel } from './log-channel.ts';
import type { OwnSettings } from './own-settings.ts';
import type { Registry } from './registry.ts';
import { telemetryDestination } from './telemetry-destination.ts';
import type { TelemetryExport } from './telemetry-export.ts';
import type { WatchedService } from './watched-service.ts';

/**
 * Sends what the services of this window do to an OpenTelemetry collector: if a person has set one, and while VS Code's
 * telemetry is on. Until then nothing of OpenTelemetry is loaded.
 */
export class Telemetry implements vscode.Disposable {
  readonly #registry: Registry;
  readonly #own: OwnSettings;
  readonly #log: LogChannel;
  readonly #version: string;
  readonly #subscriptions: vscode.Disposable[];
  readonly #observed = new Map<WatchedService, { dispose(): void }>();
  #destination: string | undefined;
  #export: TelemetryExport | undefined;

  constructor(registry: Registry, own: OwnSettings, log: LogChannel, version: string) {
    this.#registry = registry;
    this.#own = own;
    this.#log = log;
    this.#version = version;
    this.#subscriptions = [
      own.onDidChange(() => this.#obey()),
      vscode.env.onDidChangeTelemetryEnabled(() => this.#obey()),
      registry.onDidChange(({ event }) => {
        if (event === undefined) this.#follow();
      }),
    ];
  }

  /** What is waiting is sent. */
  dispose(): void {
    // The metrics are read once more at the end.
    void this.#export?.end().then(() => this.#leave());
    this.#export = undefined;
    this.#destination = undefined;
    disposeAll(this.#subscriptions);
  }

  #obey(): void {
    const destination = telemetryDestination(this.#own.get('telemetry.endpoint'), vscode.env.isTelemetryEnabled);
    if (destination === this.#destination) return;
    this.#destination = destination;
    this.#leave();
    // What is waiting was meant for an endpoint that is not wanted any more.
    this.#export?.discard();
    this.#export = undefined;
    if (destination !== undefined) void this.#start(destination);
  }

  async #start(destination: string): Promise<void> {
    try {
      const { TelemetryExport } = await import('./telemetry-export.ts');
      if (destination !== this.#destination) return;
      this.#export = new TelemetryExport(destination, this.#version, (message) => this.#log.info(message));
      this.#log.info(`Telemetry is sent to ${destination}.`);
      this.#follow();
    } catch (error) {
      this.#log.error(`Telemetry cannot be sent: ${String(error)}`);
    }
  }

  #follow(): void {
    const exporting = this.#export;
    if (exporting === undefined) return;
    const { watched } = this.#registry;
    for (const each of watched) {
      if (!this.#observed.has(each)) this.#observed.set(each, exporting.observe(each));
    }
    for (const [each, observation] of this.#observed) {
      if (watched.includes(each)) continue;
      observation.dispose();
      this.#observed.delete(each);
    }
  }

  #leave(): void {
    const observed = [...this.#observed.values()];
    this.#observed.clear();
    disposeAll(observed);
  }
}
