import * as vscode from 'vscode';
import { disposeAll } from '../disposal.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { OwnSettings } from './own-settings.ts';
import type { Registry, RegistryChange } from './registry.ts';
import { linkedCommands, statusBarModel } from './status-bar-model.ts';

/** Events come in bursts, and most trouble at the start is over at once: what lasts this long is shown, in milliseconds. */
const settleTime = 250;

/** After these the health report has changed. To ask for one looks at the settings file, so that a mere write is no reason. */
const newsworthy: ReadonlySet<ServiceEvent['type']> = new Set(['health', 'breaker', 'load-failed', 'invalid', 'mended', 'crash']);

/** Shows the health of all services in the status bar. A click offers what can be done. */
export class StatusBar implements vscode.Disposable {
  readonly #registry: Registry;
  readonly #settings: OwnSettings;
  readonly #item = vscode.window.createStatusBarItem('holdfast.status', vscode.StatusBarAlignment.Right, 50);
  readonly #subscriptions: vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;
  /** The health reports are. */
  #outdated = false;

  constructor(registry: Registry, settings: OwnSettings) {
    this.#registry = registry;
    this.#settings = settings;
    this.#item.name = 'Holdfast';
    this.#item.command = 'holdfast.showActions';
    this.#subscriptions = [
      registry.onDidChange((change) => this.#onChange(change)),
      settings.onDidChange(() => this.#show()),
    ];
    this.#show();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    disposeAll([...this.#subscriptions, this.#item]);
  }

  #onChange({ event }: RegistryChange): void {
    if (event === undefined || newsworthy.has(event.type)) this.#outdated = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#show();
      if (this.#outdated) void this.#refresh();
    }, settleTime);
  }

  async #refresh(): Promise<void> {
    this.#outdated = false;
    await Promise.all(this.#registry.watched.map((watched) => watched.refresh()));
    this.#show();
  }

  #show(): void {
    const model = statusBarModel(this.#registry.watched.map(({ view }) => view), Date.now());
    if (model === undefined || (model.quiet && this.#settings.get('statusBar.show') === 'whenTroubled')) {
      this.#item.hide();
      return;
    }
    const tooltip = new vscode.MarkdownString(model.tooltip, true);
    tooltip.isTrusted = { enabledCommands: linkedCommands };
    this.#item.text = model.text;
    this.#item.tooltip = tooltip;
    this.#item.backgroundColor = model.background === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${model.background}Background`);
    this.#item.accessibilityInformation = { label: model.accessibleLabel };
    this.#item.show();
  }
}
