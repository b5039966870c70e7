import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { disposeAll } from '../disposal.ts';
import { getNextTransitions, type AnyMachineSnapshot } from 'xstate';
import { drivable, type FromPage, type PossibleEvent, type ToPage } from '../inspect/protocol.ts';
import { actorsBelow, Recorder, type InspectedActor } from '../inspect/recorder.ts';
import { importRecordingGently, recordingText } from '../inspect/recording.ts';
import { exportRecordingGently } from '../inspect/recording-export.ts';
import type { InspectorRecord } from '../inspect/records.ts';
import { wholeSteps } from '../inspect/steps.ts';
import { secretRedactor } from '../observe/redact.ts';
import type { RegisteredService } from './api.ts';
import { localised } from './library-text.ts';
import { inspectorPage } from './inspector-page.ts';
import { attach, type Attached } from './looked-at.ts';
import type { Registry } from './registry.ts';

/** New records are sent to the page together, at most so often, in milliseconds. */
const batchEvery = 50;
/** About so many are sent in one message: to write them out takes time. */
const batchSize = 2_000;

/** The State Inspector: a panel that shows the actors of all services, live. While it is closed nothing is recorded. */
export class InspectorPanel implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #registry: Registry;
  #open: OpenPanel | undefined;

  constructor(context: vscode.ExtensionContext, registry: Registry) {
    this.#context = context;
    this.#registry = registry;
  }

  show(): void {
    if (this.#open !== undefined) {
      this.#open.panel.reveal();
      return;
    }
    this.#open = new OpenPanel(this.#context, this.#registry, () => (this.#open = undefined));
  }

  dispose(): void {
    this.#open?.panel.dispose();
  }
}

class OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly #context: vscode.ExtensionContext;
  readonly #registry: Registry;
  readonly #recorder = new Recorder();
  readonly #attached = new Map<RegisteredService, Attached>();
  readonly #subscriptions: vscode.Disposable[] = [];
  #pending: InspectorRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ready = false;
  /** A recording is shown instead of what is happening. */
  #replaying = false;
  #selected: string | undefined;

  constructor(context: vscode.ExtensionContext, registry: Registry, onClose: () => void) {
    this.#context = context;
    this.#registry = registry;
    const resources = vscode.Uri.joinPath(context.extensionUri, 'dist', 'webview');
    this.panel = vscode.window.createWebviewPanel('holdfast.inspector', l10n.t('State Inspector'), vscode.ViewColumn.Active, {
      enableScripts: true,
      retainContextWhenHidden: true,
      localResourceRoots: [resources],
    });
    const { webview } = this.panel;
    const uri = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(resources, name)).toString();
    webview.html = inspectorPage({ script: uri('main.js'), style: uri('style.css'), cspSource: webview.cspSource, language: vscode.env.language, texts: l10n.bundle ?? {} });
    this.#subscriptions.push(
      this.panel.webview.onDidReceiveMessage((message: unknown) => void this.#onMessage(message)),
      registry.onDidChange(() => this.#followServices()),
      new vscode.Disposable(this.#recorder.onRecord((record) => this.#onRecord(record)).dispose),
      this.panel.onDidDispose(() => {
        clearTimeout(this.#timer);
        onClose();
        disposeAll([...this.#attached.values(), ...this.#subscriptions]);
      }),
    );
    this.#followServices();
  }

  #followServices(): void {
    const services = this.#registry.services;
    for (const service of services) {
      if (!this.#attached.has(service)) this.#attached.set(service, attach(service, (actor) => this.#recorder.attach(service.id, actor, secretRedactor(service), (each) => service.timesOf?.(each))));
    }
    for (const [service, attached] of this.#attached) {
      if (services.includes(service)) continue;
      attached.dispose();
      this.#attached.delete(service);
    }
  }

  #onRecord(record: InspectorRecord): void {
    if (!this.#ready || this.#replaying) return;
    this.#pending.push(record);
    this.#timer ??= setTimeout(() => this.#flush(), batchEvery);
  }

  #flush(): void {
    this.#timer = undefined;
    const records = this.#pending.splice(0, wholeSteps(this.#pending, batchSize));
    this.#tell({ type: 'records', records });
    if (this.#pending.length > 0) this.#timer = setTimeout(() => this.#flush(), 0);
    else this.#tellPossible();
  }

  /** Begins anew; what is more than one message holds follows, before whatever is recorded from now on. */
  #start(message: Extract<ToPage, { type: 'start' }>): void {
    const first = wholeSteps(message.records, batchSize);
    this.#tell({ ...message, records: message.records.slice(0, first) });
    this.#pending = message.records.slice(first);
    if (this.#pending.length > 0) this.#timer ??= setTimeout(() => this.#flush(), 0);
  }

  #tell(message: ToPage): void {
    void this.panel.webview.postMessage(message);
  }

  /** Nothing that comes from a page is taken for granted. */
  async #onMessage(message: unknown): Promise<void> {
    const { type, actor, event, fault } = (message ?? {}) as { type?: FromPage['type']; actor?: unknown; event?: unknown; fault?: unknown };
    switch (type) {
      case 'ready':
      case 'live':
        this.#startLive();
        break;
      case 'select':
        this.#selected = typeof actor === 'string' ? actor : undefined;
        this.#tellPossible();
        break;
      case 'send':
        if (typeof actor === 'string' && typeof event === 'string') await this.#send(actor, event);
        break;
      case 'inject':
        if (typeof actor === 'string') this.#inject(actor, fault);
        break;
      case 'export':
        await this.#export();
        break;
      case 'import':
        await this.#import();
        break;
    }
  }

  #startLive(): void {
    this.#ready = true;
    this.#replaying = false;
    const { history } = this.#recorder;
    this.#start({ type: 'start', base: [...history.base().values()], records: history.records(), live: true, title: l10n.t('State Inspector') });
  }

  #tellPossible(): void {
    if (this.#selected === undefined || this.#replaying) return;
    const found = this.#find(this.#selected);
    this.#tell({ type: 'possible', actor: this.#selected, events: found === undefined ? [] : possibleEvents(found) });
    const faults = this.#serviceOf(this.#selected)?.faults;
    this.#tell({ type: 'faults', injectable: faults?.injectable ?? [], injected: faults?.injected, ofCalls: this.#serviceOf(this.#selected)?.kind === 'guard' });
  }

  /** Faults are there for whoever develops: the service was told to allow them. */
  #inject(actor: string, fault: unknown): void {
    const faults = this.#serviceOf(actor)?.faults;
    if (faults === undefined) return;
    if (typeof fault === 'string' && faults.injectable.includes(fault)) faults.inject(fault);
    else faults.heal();
    this.#tellPossible();
  }

  #serviceOf(actor: string): RegisteredService | undefined {
    return this.#registry.services.find(({ id }) => actor.slice(0, actor.lastIndexOf('/')) === id);
  }

  /** The live actor behind an id of the recorder: `<service>/<session id>`. */
  #find(id: string): InspectedActor | undefined {
    for (const [{ id: name }, { roots }] of this.#attached) {
      const all = roots.flatMap((root) => [root, ...actorsBelow(root)]);
      const found = all.find((each) => id === `${name}/${each.sessionId}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #send(id: string, type: string): Promise<void> {
    const actor = this.#find(id);
    const event = actor === undefined ? undefined : possibleEvents(actor).find((each) => each.type === type && each.drivable);
    if (actor === undefined || event === undefined) {
      this.#tell({ type: 'problem', message: l10n.t('{0} cannot be sent now.', type) });
      return;
    }
    if (this.#context.extensionMode === vscode.ExtensionMode.Production) {
      const send = l10n.t('Send');
      const answer = await vscode.window.showWarningMessage(l10n.t('Send {0} to {1}?', type, actor.id), { modal: true, detail: l10n.t('This changes the real system, not the recording.') }, send);
      if (answer !== send) return;
    }
    (actor as unknown as { send(event: { type: string }): void }).send({ type });
    this.#tellPossible();
  }

  async #export(): Promise<void> {
    const target = await vscode.window.showSaveDialog({ saveLabel: l10n.t('Export'), filters: { [l10n.t('Holdfast recording')]: ['json'] }, defaultUri: defaultFile() });
    if (target === undefined) return;
    const { history } = this.#recorder;
    try {
      await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: l10n.t('Exporting the recording…') }, async () => {
        await vscode.workspace.fs.writeFile(target, await exportRecordingGently(history.records(), Date.now(), history.base().values(), breath));
      });
    } catch (error) {
      this.#tell({ type: 'problem', message: error instanceof Error ? localised(error.message) : l10n.t('The file cannot be written.') });
    }
  }

  async #import(): Promise<void> {
    const [source] = await vscode.window.showOpenDialog({ openLabel: l10n.t('Open Recording'), filters: { [l10n.t('Holdfast recording')]: ['json'] } }) ?? [];
    if (source === undefined) return;
    try {
      const { records, recordedAt } = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: l10n.t('Opening the recording…') }, async () => importRecordingGently(recordingText(await vscode.workspace.fs.readFile(source)), breath));
      this.#replaying = true;
      this.#start({ type: 'start', base: [], records, live: false, title: l10n.t('Recording of {0}', new Date(recordedAt).toLocaleString()) });
    } catch (error) {
      this.#tell({ type: 'problem', message: error instanceof Error ? localised(error.message) : l10n.t('The file cannot be read.') });
    }
  }
}

/** What an actor can handle now, and which of it a person may send. */
function possibleEvents(actor: InspectedActor): PossibleEvent[] {
  const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
  if (snapshot.status !== 'active') return [];
  const allowed = drivable[snapshot.machine.id] ?? [];
  const types = new Set(getNextTransitions(snapshot).map(({ eventType }) => eventType));
  return [...types]
    .filter((type) => type !== '' && !type.startsWith('xstate.'))
    .map((type) => ({ type, drivable: allowed.includes(type) }))
    .sort((a, b) => Number(b.drivable) - Number(a.drivable));
}

/** Everybody else in the extension host has a turn. */
const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function defaultFile(): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/');
  return vscode.Uri.joinPath(folder, 'holdfast-recording.json');
}
