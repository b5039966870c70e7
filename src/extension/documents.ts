import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { disposeAll } from '../disposal.ts';
import { healthDocument } from './health-document.ts';
import { metricsDocument } from './metrics-document.ts';
import type { Registry } from './registry.ts';

const scheme = 'holdfast';
export type DocumentName = 'Health' | 'Metrics';

/** An open document follows what happens, but not more often than this, in milliseconds. */
const refreshEvery = 1_000;

/** As the tab shows it. */
const title = (name: DocumentName): string => (name === 'Health' ? l10n.t('Health') : l10n.t('Metrics'));

/** Health and metrics as read-only documents, shown as Markdown previews. */
export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #registry: Registry;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      registry.onDidChange(() => this.#refreshSoon()),
    ];
  }

  static uri(name: DocumentName): vscode.Uri {
    return vscode.Uri.from({ scheme, path: `/${title(name)}.md` });
  }

  async show(name: DocumentName): Promise<void> {
    const uri = Documents.uri(name);
    this.#changed.fire(uri);
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // The Markdown extension may be disabled.
      await vscode.window.showTextDocument(uri, { preview: true });
    }
  }

  async provideTextDocumentContent({ path }: vscode.Uri): Promise<string> {
    const { watched } = this.#registry;
    if (path === Documents.uri('Metrics').path) {
      return metricsDocument(watched.flatMap(({ label, isGuard, metrics }) => (metrics === undefined ? [] : [{ label, isGuard, metrics }])), Date.now());
    }
    await Promise.all(watched.map((service) => service.refresh()));
    return healthDocument(watched.map(({ view, log }) => ({ view, entries: log.entries })), Date.now());
  }

  dispose(): void {
    clearTimeout(this.#timer);
    disposeAll([...this.#subscriptions, this.#changed]);
  }

  #refreshSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const open = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === scheme);
      for (const { uri } of open) this.#changed.fire(uri);
    }, refreshEvery);
  }
}
