import * as vscode from 'vscode';
import { disposeAll } from '../../disposal.ts';
import type { Target } from '../../store/store.ts';
import type { RegisteredService } from '../api.ts';
import type { OwnSettings } from '../own-settings.ts';
import type { Registry } from '../registry.ts';
import { findMarks, type Mark } from './find-marks.ts';
import { isWorkspaceFile, SettingsFiles, textOf } from './settings-files.ts';

/** Whoever types is not watched letter by letter; a mark is there well within a second, in milliseconds. */
const settleTime = 200;

/** A mark in a file, and where its text is. */
export interface PlacedMark extends Mark {
  readonly range: vscode.Range;
  /** The service whose setting it is about. */
  readonly service: RegisteredService;
}

/** Keeps the marks of all settings files of the window as they should be. */
export class Marks implements vscode.Disposable {
  readonly files: SettingsFiles;
  readonly #registry: Registry;
  readonly #own: OwnSettings;
  readonly #collection = vscode.languages.createDiagnosticCollection('holdfast');
  readonly #marks = new Map<string, readonly PlacedMark[]>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;
  readonly #outdated = new Set<vscode.TextDocument>();
  #allOutdated = false;
  /** Looks at files are counted; of each file, which look its marks are from. */
  #looks = 0;
  readonly #lookOf = new Map<string, number>();
  #disposed = false;

  /** Fires after the marks of a file have changed. */
  readonly onDidChange = this.#changed.event;

  constructor(registry: Registry, own: OwnSettings, globalStorageUri: vscode.Uri) {
    this.#registry = registry;
    this.#own = own;
    this.files = new SettingsFiles(globalStorageUri);
    const soon = (): void => this.#soon();
    const ifSettings = (document: vscode.TextDocument): void => {
      if (this.files.targetOf(document.uri) !== undefined) this.#soon(document);
    };
    this.#subscriptions = [
      this.#collection,
      this.#changed,
      this.files.watch(soon),
      registry.onDidChange(soon),
      own.onDidChange(soon),
      vscode.workspace.onDidChangeTextDocument(({ document }) => ifSettings(document)),
      vscode.workspace.onDidOpenTextDocument(ifSettings),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (this.files.targetOf(uri) !== undefined) soon();
      }),
      vscode.workspace.onDidChangeConfiguration(soon),
      vscode.workspace.onDidGrantWorkspaceTrust(soon),
      vscode.workspace.onDidChangeWorkspaceFolders(soon),
    ];
    this.#soon();
  }

  /** Those whose settings are marked: Holdfast's own are, too. */
  get services(): readonly RegisteredService[] {
    if (!this.#own.get('marks.enabled')) return [];
    const own = this.#own.service;
    const services = this.#registry.services.filter(({ kind }) => kind === undefined);
    return own === undefined ? services : [own, ...services];
  }

  /** The marks of a file that touch a place in it. */
  at(uri: vscode.Uri, range: vscode.Range): PlacedMark[] {
    return (this.#marks.get(uri.toString()) ?? []).filter((mark) => mark.range.intersection(range) !== undefined);
  }

  /** Where settings files say something old of a service that is not said for the whole window. */
  oldPlaces(service: RegisteredService): { readonly target: Target; readonly resource: string | undefined; readonly languageId: string | undefined }[] {
    const places = [...this.#marks].flatMap(([id, marks]) => {
      const uri = vscode.Uri.parse(id);
      const target = this.files.targetOf(uri);
      const old = marks.filter((mark) => mark.service === service && mark.kind === 'old' && mark.today !== undefined);
      if (target === undefined) return [];
      return old.map(({ setting: { languageId } }) => ({ target, resource: this.files.resourceOf(uri), languageId })).filter(({ resource, languageId }) => (resource ?? languageId) !== undefined);
    });
    return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
  }

  /** Their number, in all files. */
  get count(): number {
    return [...this.#marks.values()].reduce((sum, { length }) => sum + length, 0);
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    disposeAll(this.#subscriptions);
  }

  /** @param document what has changed; default: anything */
  #soon(document?: vscode.TextDocument): void {
    if (document === undefined) this.#allOutdated = true;
    else this.#outdated.add(document);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const all = this.#allOutdated;
      const documents = [...this.#outdated];
      this.#allOutdated = false;
      this.#outdated.clear();
      if (all) void this.#findAll();
      else for (const each of documents) this.#set(each.uri, this.#find(each.uri, each.getText()), ++this.#looks);
    }, settleTime);
  }

  async #findAll(): Promise<void> {
    const { all } = this.files;
    const look = ++this.#looks;
    const gone = [...this.#marks.keys()].filter((id) => !all.some((uri) => uri.toString() === id));
    for (const id of gone) this.#set(vscode.Uri.parse(id), [], look);
    await Promise.all(all.map(async (uri) => {
      const text = this.services.length === 0 ? '' : await textOf(uri);
      if (!this.#disposed) this.#set(uri, this.#find(uri, text), look);
    }));
  }

  #find(uri: vscode.Uri, text: string): PlacedMark[] {
    const target = this.files.targetOf(uri);
    if (target === undefined || text === '') return [];
    const file = {
      text,
      isWorkspaceFile: isWorkspaceFile(uri),
      target,
      resource: this.files.resourceOf(uri),
      trusted: vscode.workspace.isTrusted,
      isRegistered: (name: string): boolean => vscode.workspace.getConfiguration(undefined, null).inspect(name)?.defaultValue !== undefined,
    };
    const at = positions(text);
    return this.services.flatMap((service) => {
      try {
        return findMarks(service, file).map((mark) => {
          const { start, end } = mark.kind === 'unknown' || mark.kind === 'old' ? mark.setting.nameSpan : mark.setting.valueSpan;
          return { ...mark, service, range: new vscode.Range(at(start), at(end)) };
        });
      } catch {
        // A service of another version, or one that is going away.
        return [];
      }
    });
  }

  #set(uri: vscode.Uri, marks: readonly PlacedMark[], look: number): void {
    const id = uri.toString();
    // Files are read side by side: what was read earlier, and comes later, is old news.
    if (look < (this.#lookOf.get(id) ?? 0)) return;
    this.#lookOf.set(id, look);
    if (marks.length === 0 && !this.#marks.has(id)) return;
    if (marks.length === 0) this.#marks.delete(id);
    else this.#marks.set(id, marks);
    this.#collection.set(uri, marks.map(diagnostic));
    this.#changed.fire();
  }
}

function diagnostic({ kind, severity, message, range, documentation }: PlacedMark): vscode.Diagnostic {
  const level = severity === 'warning' ? vscode.DiagnosticSeverity.Warning : vscode.DiagnosticSeverity.Information;
  const result = new vscode.Diagnostic(range, message, level);
  result.source = 'Holdfast';
  if (kind === 'old') result.tags = [vscode.DiagnosticTag.Deprecated];
  result.code = documentation === undefined ? kind : { value: kind, target: vscode.Uri.parse(documentation) };
  return result;
}

/** The position of an offset, for a text that may be no open document. */
function positions(text: string): (offset: number) => vscode.Position {
  const starts = [0];
  for (const { index, 0: { length } } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + length);
  return (offset) => {
    const line = starts.findLastIndex((start) => start <= offset);
    return new vscode.Position(line, offset - starts[line]!);
  };
}
