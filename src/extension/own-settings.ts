import * as vscode from 'vscode';
import type { OwnService } from './later.ts';
import { ownDefaults, type OwnValues } from './own-defaults.ts';

/**
 * The settings of Holdfast itself: read through a service like any other's. That brings yup and xstate with it, so it
 * is loaded when the start is over; until then the defaults are served.
 */
export class OwnSettings implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  #service: OwnService | undefined;
  #disposed = false;

  /** Fires after any value may have changed. */
  readonly onDidChange = this.#changed.event;

  /** Resolves when they have been read. */
  readonly ready: Promise<void>;

  constructor(context: vscode.ExtensionContext) {
    this.ready = this.#load(context);
  }

  get<K extends keyof OwnValues>(key: K): OwnValues[K] {
    return this.#service === undefined ? ownDefaults[key] : this.#service.get(key);
  }

  /** The service, once it is there. */
  get service(): OwnService | undefined {
    return this.#service;
  }

  dispose(): void {
    this.#disposed = true;
    void this.#service?.dispose();
    this.#changed.dispose();
  }

  async #load(context: vscode.ExtensionContext): Promise<void> {
    const { superviseOwnSettings } = await import('./later.ts');
    if (this.#disposed) return;
    const service = superviseOwnSettings(context);
    this.#service = service;
    service.onEvent(() => this.#changed.fire());
    await service.ready;
  }
}
