import { applyEdits } from 'jsonc-parser';
import * as vscode from 'vscode';
import { StoreError } from '../errors.ts';
import { settlingTime, type Target } from './store.ts';
import { timeSeen } from './time-seen.ts';
import { localPath, makeOld, readLocal, readNow, writeObstacle, type WriteObstacle } from './vscode-disk.ts';
import { isAFolder } from './vscode-failure.ts';
import { SettingsText } from './vscode-settings-text.ts';

/** What a settings file says, as far as it can be told. */
export type FileState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly content: SettingsText }
  | { readonly kind: 'invalid'; readonly problem: string; readonly content?: SettingsText }
  /** Another program is writing it, and has been for longer than one waits for that. */
  | { readonly kind: 'being written' }
  /** Elsewhere, for instance on the other side of a remote connection. */
  | { readonly kind: 'unknown' };

/** A settings file before a write. */
export interface NotedFile {
  /** It had unsaved changes already: those are a person's, and stay. */
  readonly dirty: boolean;
  /** The text on disk. */
  readonly text: string;
}

/** What a failed write of ours left in the document, unsaved, and why it failed. */
interface Stuck {
  readonly text: string;
  readonly cause: StoreError;
  /** VS Code tells extensions that the document is saved. */
  readonly seemsSaved?: boolean;
}

/** A file in flux is looked at this often, in milliseconds. */
export const lookEvery = 25;
/** What has changed within this time before the end of `settlingTime` is still being written, in milliseconds. */
const stillMoving = 250;

/** One of VS Code's settings files: its text on disk, its document in the editor, and how to repair that. */
export class SettingsFile {
  readonly target: Target;
  readonly uri: vscode.Uri;
  /** Where this process reaches the file by itself. */
  readonly path: string | undefined;
  /** VS Code keeps the target's values in this file, as far as it has been seen to. */
  isInUse: boolean;
  /** So often in a row VS Code has saved the file without asking for the changes that it was to carry. */
  uncarried = 0;
  /** What the file said when it stood still last: how it looked, and what VS Code could read in it. */
  #settled: Form | undefined;
  #content: SettingsText | undefined;
  /** For how long it has been seen as if it were being written, and since it changed last, in milliseconds; and the last look. */
  #flux: { readonly seen: number; readonly still: number; readonly lookedAt: number; readonly text: string | undefined } | undefined;
  readonly #pauses = new Set<() => void>();
  #disposed = false;
  #stuck: Stuck | undefined;
  /** The text of a file that a write has cut off, and what it left of it, until it can be put back. */
  #lost: { readonly text: string; readonly left: string } | undefined;

  /** @param isInUse whether VS Code certainly keeps the target's values there */
  constructor(target: Target, uri: vscode.Uri, isInUse = true) {
    this.target = target;
    this.uri = uri;
    this.path = localPath(uri);
    this.isInUse = isInUse;
  }

  get document(): vscode.TextDocument | undefined {
    const id = this.uri.toString();
    const { path } = this.uri;
    // VS Code shows the user settings under a scheme of its own.
    const isUsers = (uri: vscode.Uri): boolean => this.target === 'user' && uri.scheme === 'vscode-userdata' && uri.path === path;
    return vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === id || isUsers(uri));
  }

  /** It is a .code-workspace file: the settings are one member of several. */
  get isWorkspaceFile(): boolean {
    return this.uri.path.endsWith('.code-workspace');
  }

  /** The document in an edit: in a remote window the user settings are shown under an address at which VS Code does not find them. */
  addressIn({ uri }: Pick<vscode.TextDocument, 'uri'>): vscode.Uri {
    const isElsewhere = this.target === 'user' && uri.scheme === 'file' && vscode.env.remoteName !== undefined;
    return isElsewhere ? vscode.Uri.from({ scheme: 'vscode-remote', path: uri.path }) : uri;
  }

  get isDirty(): boolean {
    return this.document?.isDirty ?? false;
  }

  /** What it said when it could be read last; nothing of that while it is missing. */
  get content(): SettingsText | undefined {
    return this.#content;
  }

  /** The same without waiting, where that can be told. */
  lookNow(): 'stands still' | 'in flux' | 'unknown' {
    const text = this.path === undefined ? undefined : readNow(this.path);
    if (text === undefined) return 'unknown';
    const state: FileState = text === null ? { kind: 'absent' } : this.#stateOf(text);
    if (this.#isInFlux(state, performance.now()) || this.#flux !== undefined) return 'in flux';
    return formOf(state) === 'broken' ? 'unknown' : 'stands still';
  }

  /** It stands still, and cannot be read. */
  get isBroken(): boolean {
    return this.#settled === 'broken';
  }

  /**
   * What the file says. One that is empty, missing or cut off, and was not before, is being written by another program:
   * it is looked at again for up to `settlingTime`. What is still so then is what it says.
   */
  async read(): Promise<FileState> {
    let began = performance.now();
    let state = await this.#look();
    while (this.#isInFlux(state, began) && !this.#disposed) {
      await this.pause(lookEvery);
      began = performance.now();
      state = await this.#look();
    }
    return this.#disposed || !this.#isMoving(state) ? state : { kind: 'being written' };
  }

  /** Ends at once when the file is disposed of. */
  pause(milliseconds: number): Promise<void> {
    if (this.#disposed) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#pauses.add(end);
    });
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    this.#disposed = true;
    for (const end of [...this.#pauses]) end();
  }

  async #look(): Promise<FileState> {
    const found = await (this.path === undefined ? this.#askForBytes() : readLocal(this.path));
    switch (found) {
      case 'absent': return { kind: 'absent' };
      case 'a folder': return { kind: 'invalid', problem: isAFolder };
      case 'unknown': return { kind: 'unknown' };
      default: return this.#stateOf(new TextDecoder().decode(found));
    }
  }

  /** Of a file elsewhere. */
  async #askForBytes(): ReturnType<typeof readLocal> {
    try {
      return await vscode.workspace.fs.readFile(this.uri);
    } catch (error) {
      const code = error instanceof vscode.FileSystemError ? error.code : '';
      if (code === 'FileNotFound') return 'absent';
      return code === 'FileIsADirectory' || /EISDIR|directory/.test((error as Error).message) ? 'a folder' : 'unknown';
    }
  }

  #stateOf(text: string): FileState {
    const content = this.#understood(text);
    return content.problem === undefined ? { kind: 'valid', content } : { kind: 'invalid', problem: content.problem, content };
  }

  #understood(text: string): SettingsText {
    return text === this.#content?.text ? this.#content : new SettingsText(text, this.isWorkspaceFile);
  }

  /** @param now before it was looked at */
  #isInFlux(state: FileState, now: number): boolean {
    const form = formOf(state);
    if (form === undefined) return false;
    if (form !== 'whole' && this.#settled !== undefined && form !== this.#settled) {
      const { text } = 'content' in state ? state.content ?? { text: undefined } : { text: undefined };
      const before = this.#flux ?? { seen: 0, still: Infinity, lookedAt: now, text };
      const time = timeSeen(before.lookedAt, now);
      const still = text === before.text ? before.still + time : 0;
      this.#flux = { seen: before.seen + time, still, lookedAt: Math.max(before.lookedAt, now), text };
      if (this.#flux.seen < settlingTime) return true;
      if (this.#isMoving(state)) return false;
    }
    this.#flux = undefined;
    this.#settled = form;
    if (form !== 'broken') this.#content = state.kind === 'valid' ? state.content : undefined;
    return false;
  }

  /** Cut off or empty, and changed again a moment ago. */
  #isMoving(state: FileState): boolean {
    return this.#flux !== undefined && formOf(state) !== 'whole' && this.#flux.still < stillMoving;
  }

  /** Rejects unless the file could be written as far as one can tell without writing. */
  async probe(): Promise<void> {
    await this.heal();
    if (this.isDirty) throw this.#dirty();
    this.refuseUnreadable(await this.read());
    await this.#probeFileSystem();
  }

  /** @throws StoreError what the file says cannot be built on */
  refuseUnreadable(state: FileState): void {
    if (state.kind !== 'invalid' && state.kind !== 'being written') return;
    const [reason, why] = state.kind === 'invalid' ? ['invalid-file', `cannot be read: ${state.problem}`] as const : ['newer', 'is being written by another program.'] as const;
    throw new StoreError(reason, `The ${this.target} settings file ${why}`, this.#where);
  }

  get #where(): { readonly context: Readonly<Record<string, unknown>> } {
    return { context: { target: this.target, file: this.uri.toString() } };
  }

  async #probeFileSystem(): Promise<void> {
    const obstacle = this.path === undefined ? await this.#obstacleElsewhere() : await writeObstacle(this.path);
    if (obstacle === undefined) return;
    const { reason, problem, cause } = obstacle;
    throw new StoreError(reason, `The ${this.target} settings file ${problem}.`, cause === undefined ? {} : { cause });
  }

  /** Of a file that is not on this machine, VS Code knows little: whether it is marked read-only, and its file system. */
  async #obstacleElsewhere(): Promise<WriteObstacle | undefined> {
    const { fs } = vscode.workspace;
    if (fs.isWritableFileSystem(this.uri.scheme) === false) return { reason: 'read-only', problem: 'is on a file system that is only read' };
    try {
      const { permissions = 0 } = await fs.stat(this.uri);
      return (permissions & vscode.FilePermission.Readonly) === 0 ? undefined : { reason: 'permission', problem: 'is read-only' };
    } catch {
      // It does not exist yet, or nobody can say.
      return undefined;
    }
  }

  /** How the file is before a write. @throws StoreError while another program is writing it */
  async note(): Promise<NotedFile & { readonly state: FileState }> {
    const state = await this.read();
    if (state.kind === 'being written') this.refuseUnreadable(state);
    return { dirty: this.isDirty, text: textOf(state), state };
  }

  /**
   * VS Code keeps the edit of a failed save in the document, unsaved: every later write then fails as
   * "unsaved changes", and auto-save may land the refused value. So the text on disk is put back.
   */
  async afterFailure(before: NotedFile, cause: StoreError): Promise<void> {
    const { document } = this;
    if (before.dirty || document === undefined || !document.isDirty) return;
    // VS Code refuses for unsaved changes before it edits anything: they are a person's, and we heard of them late.
    if (cause.reason === 'dirty') return;
    this.#stuck = { text: document.getText(), cause };
    await this.heal().catch(() => undefined);
  }

  /**
   * Saves what VS Code left unsaved. A document that changes while VS Code saves it stays unsaved, although extensions are told
   * that it is saved, and VS Code would refuse every later write.
   * @throws StoreError `newer`: another program has saved the file meanwhile, and VS Code does not save over that; the next write
   *   puts the document back
   */
  async saveAgain(text: string): Promise<void> {
    const { document } = this;
    if (document?.getText() !== text || await this.#saveDocument(document)) return;
    const cause = this.#justChanged();
    this.#stuck = { text, cause, seemsSaved: true };
    throw again(cause);
  }

  /** A write said to have ended well is not in the file. Rejects when the file system tells why. */
  async afterLoss(before: NotedFile): Promise<void> {
    const left = await this.#textOnDisk();
    const isCutOff = left.trim() === '' || this.#understood(left).problem !== undefined;
    if (before.text.trim() !== '' && isCutOff) this.#lost = { text: before.text, left };
    await this.#probeFileSystem();
  }

  /**
   * VS Code read the file while another program had emptied it, and has stored the setting alone: that program's own
   * text is on its way, and comes to stand over it. Waits until it is there, for `settlingTime` at most.
   * @returns whether it looked like that
   */
  async afterOverwriting(before: SettingsText, after: SettingsText, written: readonly string[]): Promise<boolean> {
    const names = new Set([...written, ...after.names]);
    if (before.names.every((name) => names.has(name))) return false;
    const end = performance.now() + settlingTime;
    while (!this.#disposed && performance.now() < end && await this.#textOnDisk() === after.text) await this.pause(lookEvery);
    return true;
  }

  /**
   * Takes values out that VS Code reads, and leaves in the file when the setting is written.
   * @throws StoreError `dirty`: a person has unsaved changes, which are not saved along; `newer`: the file has just changed, and
   *   what it says now is not replaced; `io`: VS Code could not save it
   */
  async removeStrayValues(name: string, languageId: string | undefined): Promise<void> {
    const state = await this.read();
    this.refuseUnreadable(state);
    const document = this.document ?? await vscode.workspace.openTextDocument(this.addressIn(this));
    if (document.isDirty) throw this.#dirty();
    const before = textOf(state);
    const text = document.getText();
    if (unixLines(text) !== unixLines(before)) throw this.#justChanged();
    const unsaved = new StoreError('io', `The ${this.target} settings file could not be saved.`, this.#where);
    await this.#replaceText(document, applyEdits(text, this.#understood(text).withoutStrayValues(name, languageId)), unsaved);
    if (await this.#saveDocument(document)) {
      this.#stuck = undefined;
      return;
    }
    // VS Code does not save over what it has not read.
    const cause = await this.#textOnDisk() === before ? unsaved : this.#justChanged();
    this.#stuck = { text: document.getText(), cause };
    throw again(cause);
  }

  #dirty(): StoreError {
    return new StoreError('dirty', `The ${this.target} settings file has unsaved changes.`, this.#where);
  }

  #justChanged(): StoreError {
    return new StoreError('newer', `The ${this.target} settings file has just been changed.`, this.#where);
  }

  /** A write that failed has left a stuck document, or a cut off file. */
  get needsHealing(): boolean {
    return this.#lost !== undefined || this.#isStuck() !== undefined;
  }

  /**
   * Puts a stuck document, or a cut off file, back to what it was. What another program has not ended writing is not known,
   * and nothing is put over it.
   * @throws StoreError what prevents it, or the first cause: not its echo "unsaved changes"
   */
  async heal(): Promise<void> {
    await this.#putBackText();
    const stuck = this.#isStuck();
    const { document } = this;
    if (stuck === undefined || document === undefined) return;
    const state = await this.read();
    if (state.kind === 'being written' || state.kind === 'unknown') throw again(stuck.cause);
    const text = textOf(state);
    if (document.getText() !== text) await this.#replaceText(document, text, stuck.cause);
    // A save that fails is announced to the user: it is not tried before it can succeed.
    await this.#probeFileSystem();
    const saved = stuck.cause.reason === 'newer' ? await this.#saveOlder(document, text) : await this.#saveDocument(document);
    if (!saved) throw again(stuck.cause);
    this.#stuck = undefined;
  }

  /** What is left unsaved is ours, and is put back should saving it fail. @throws StoreError `cause`, when VS Code refuses */
  async #replaceText(document: vscode.TextDocument, text: string, cause: StoreError): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.set(this.addressIn(document), editsOf(new vscode.Range(0, 0, document.lineCount, 0), text, text));
    if (!await vscode.workspace.applyEdit(edit)) throw again(cause);
    this.#stuck = { text: document.getText(), cause };
  }

  /**
   * VS Code refuses to save over a file that is newer than what it has read, for ever. The document holds
   * the newer text by now: with the time of the file set back, the save goes through and changes nothing.
   */
  async #saveOlder(document: vscode.TextDocument, text: string): Promise<boolean> {
    if (this.path === undefined) return this.#saveDocument(document);
    const undo = await makeOld(this.path, async () => await this.#textOnDisk() === text);
    if (undo === undefined) return false;
    const saved = await this.#saveDocument(document);
    if (!saved) await undo();
    return saved;
  }

  /** Saves a document; if VS Code knows it under another address than extensions do, in an editor that is closed again. */
  async #saveDocument(document: vscode.TextDocument): Promise<boolean> {
    if (await document.save()) return true;
    const address = this.addressIn(document);
    if (address === document.uri) return false;
    const { tabGroups } = vscode.window;
    const isIts = ({ input }: vscode.Tab): boolean => input instanceof vscode.TabInputText && input.uri.path === address.path;
    const tabs = (): vscode.Tab[] => tabGroups.all.flatMap((group) => group.tabs.filter(isIts));
    const wasOpen = tabs().length > 0;
    await vscode.commands.executeCommand('vscode.open', address, { preserveFocus: true, preview: false });
    try {
      return await vscode.workspace.save(address) !== undefined;
    } finally {
      // Extensions hear of a tab a moment after it has been opened.
      for (let looks = settlingTime / lookEvery; !wasOpen && looks > 0 && tabs().length === 0; looks--) await this.pause(lookEvery);
      if (!wasOpen) await tabGroups.close(tabs(), true);
    }
  }

  /**
   * The text on disk, where VS Code has read an older one and is about to save. Once the document is built on it, `makeOld` makes the file
   * look old, unless it has changed: VS Code saves over it then, and not over what takes its place meanwhile.
   */
  async newerThan(document: vscode.TextDocument, before: string): Promise<NewerText | undefined> {
    const { path } = this;
    if (path === undefined || document.uri.path !== this.uri.path) return undefined;
    // VS Code may have read it just as another program had emptied it, and would save that over what comes.
    const state = await this.read();
    if (state.kind !== 'valid' || state.content.isEmpty || unixLines(state.content.text) === unixLines(before)) return undefined;
    const { text } = state.content;
    return { text: asInDocument(text), makeOld: () => makeOld(path, async () => await this.#textOnDisk() === text) };
  }

  async #putBackText(): Promise<void> {
    if (this.#lost === undefined) return;
    await this.#probeFileSystem();
    const state = await this.read();
    if (state.kind === 'being written') this.refuseUnreadable(state);
    // Unless somebody has mended it meanwhile.
    if (textOf(state) === this.#lost.left) await vscode.workspace.fs.writeFile(this.uri, new TextEncoder().encode(this.#lost.text));
    this.#lost = undefined;
  }

  /** What our failed write left in the document, unless it has been saved, or a person has edited it since. */
  #isStuck(): Stuck | undefined {
    const { document } = this;
    const stuck = this.#stuck;
    const isUnsaved = document !== undefined && (document.isDirty || stuck?.seemsSaved === true);
    if (!isUnsaved || document.getText() !== stuck?.text) this.#stuck = undefined;
    return this.#stuck;
  }

  async #textOnDisk(): Promise<string> {
    return textOf(await this.#look());
  }
}

export interface NewerText {
  readonly text: string;
  /** @returns what undoes that; nothing when the file has changed */
  makeOld(): ReturnType<typeof makeOld>;
}

/** What tells a file that stands still from one that is being written. */
type Form = 'absent' | 'empty' | 'broken' | 'whole';

function formOf(state: FileState): Form | undefined {
  switch (state.kind) {
    case 'absent': return 'absent';
    case 'valid': return state.content.isEmpty ? 'empty' : 'whole';
    // A folder stands still.
    case 'invalid': return state.content === undefined ? undefined : 'broken';
    default: return undefined;
  }
}

const textOf = (state: FileState): string => ('content' in state ? state.content?.text ?? '' : '');

const unixLines = (text: string): string => text.replaceAll('\r\n', '\n');

/** A document has one kind of line ends, whatever its file has. */
const asInDocument = (text: string): string => unixLines(text).replaceAll('\n', /\r?\n/.exec(text)?.[0] ?? '\n');

/** Puts `content` into a document that is to hold `whole`, with the line ends of that: what is put in takes on the document's. */
export const editsOf = (range: vscode.Range, content: string, whole: string): vscode.TextEdit[] => [
  vscode.TextEdit.replace(range, content),
  vscode.TextEdit.setEndOfLine(whole.includes('\r\n') ? vscode.EndOfLine.CRLF : vscode.EndOfLine.LF),
];

/** The same refusal for another write. */
function again(cause: StoreError): StoreError {
  return new StoreError(cause.reason, cause.message, { cause, context: cause.context, ...(cause.userAction === undefined ? {} : { userAction: cause.userAction }) });
}
