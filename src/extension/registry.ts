import * as vscode from 'vscode';
import { disposeAll } from '../disposal.ts';
import type { LogSink } from '../observe/log.ts';
import type { ServiceEvent } from '../service/events.ts';
import { whatIsMissing, type HoldfastApi, type RegisteredService } from './api.ts';
import { WatchedService } from './watched-service.ts';

export interface RegistryChange {
  readonly watched: WatchedService;
  /** What has happened to it; absent when it came or went, or when an alert of it is over. */
  readonly event?: ServiceEvent;
}

/** The services and guards of all extensions that use Holdfast in this window. */
export class Registry implements HoldfastApi, vscode.Disposable {
  readonly version = 1;
  readonly #sink: LogSink;
  readonly #watched = new Map<RegisteredService, WatchedService>();
  readonly #changed = new vscode.EventEmitter<RegistryChange>();
  readonly #registered = new vscode.EventEmitter<WatchedService>();

  /** Fires after anything that may show. */
  readonly onDidChange = this.#changed.event;
  readonly onDidRegister = this.#registered.event;

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  register(service: RegisteredService): vscode.Disposable {
    const missing = whatIsMissing(service);
    if (missing !== undefined) throw new TypeError(`This is not a Holdfast service: it lacks "${missing}".`);
    const registration = new vscode.Disposable(() => this.#unregister(service));
    if (this.#watched.has(service)) return registration;
    const watched = new WatchedService(service, this.#sink, (event) => this.#onEvent(watched, event));
    this.#watched.set(service, watched);
    this.#registered.fire(watched);
    this.#changed.fire({ watched });
    return registration;
  }

  get services(): readonly RegisteredService[] {
    return [...this.#watched.keys()];
  }

  get watched(): readonly WatchedService[] {
    return [...this.#watched.values()];
  }

  /** Something suggests that settings can be written again. */
  evidence(): void {
    for (const service of this.services) {
      try {
        service.evidence?.();
      } catch {
        // The next service shall hear of it all the same.
      }
    }
  }

  dispose(): void {
    const services = this.services.map((service) => ({ dispose: () => this.#unregister(service) }));
    disposeAll([...services, this.#changed, this.#registered]);
  }

  #onEvent(watched: WatchedService, event: ServiceEvent | undefined): void {
    if (event?.type === 'disposed') this.#unregister(watched.service);
    else this.#changed.fire({ watched, ...(event === undefined ? {} : { event }) });
  }

  #unregister(service: RegisteredService): void {
    const watched = this.#watched.get(service);
    if (watched === undefined) return;
    this.#watched.delete(service);
    try {
      watched.dispose();
    } finally {
      this.#changed.fire({ watched });
    }
  }
}
