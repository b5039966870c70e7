import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { startLoopbackServer, type LoopbackServer } from '../inspect/loopback-server.ts';
import { withoutSecrets } from '../observe/redact.ts';
import type { RegisteredService } from './api.ts';
import { attach } from './looked-at.ts';
import type { OwnSettings } from './own-settings.ts';
import type { Registry } from './registry.ts';

interface Running {
  readonly server: LoopbackServer;
  readonly subscription: vscode.Disposable;
}

/**
 * Lets other inspectors follow the actors of all services, over a WebSocket of this machine alone (P53). Nothing is
 * listened to until somebody asks for it by a command, and from then on until they end it or the window closes.
 */
export class InspectorServer implements vscode.Disposable {
  readonly #registry: Registry;
  readonly #own: OwnSettings;
  #running: Promise<Running> | undefined;

  constructor(registry: Registry, own: OwnSettings) {
    this.#registry = registry;
    this.#own = own;
  }

  /** Starts it, unless it runs, and says how to connect to it. */
  async share(): Promise<void> {
    const { server } = await (this.#running ??= this.#start());
    const [stately, xstate4, stop] = [l10n.t('Copy Address'), l10n.t('Copy for @xstate/inspect'), l10n.t('Stop')];
    const choice = await vscode.window.showInformationMessage(
      l10n.t('Other inspectors on this machine can follow the settings services of this window, until you stop it. The address holds a token: whoever has it can watch.'), stately, xstate4, stop,
    );
    if (choice === stop) this.#stop();
    // @xstate/inspect puts the protocol before it.
    else if (choice !== undefined) await vscode.env.clipboard.writeText(choice === stately ? server.url('stately') : server.url('xstate4').replace('ws://', ''));
  }

  dispose(): void {
    this.#stop();
  }

  async #start(): Promise<Running> {
    const server = await startLoopbackServer({
      origins: this.#own.get('inspector.origins'),
      redact: (text) => this.#registry.services.reduce((redacted, service) => withoutSecrets(service, redacted), text),
    });
    const attached = new Map<RegisteredService, { dispose(): void }>();
    const follow = (): void => {
      const { services } = this.#registry;
      for (const service of services) {
        if (!attached.has(service)) attached.set(service, attach(service, (actor) => server.attach(service.id, actor)));
      }
      for (const [service, attachment] of attached) {
        if (services.includes(service)) continue;
        attachment.dispose();
        attached.delete(service);
      }
    };
    follow();
    return { server, subscription: this.#registry.onDidChange(follow) };
  }

  #stop(): void {
    const running = this.#running;
    this.#running = undefined;
    void running?.then(({ server, subscription }) => {
      subscription.dispose();
      return server.dispose();
    });
  }
}
