import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import * as vscode from 'vscode';
import { StoreError } from '../errors.ts';
import type { Target } from './store.ts';
import { makeOld, writeObstacle, type WriteObstacle } from './vscode-disk.ts';
import { isAFolder } from './vscode-failure.ts';

/** What a settings file says, as far as it can be told. */
export type FileState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** Elsewhere, for instance on the other side of a remote connection. */
  | { readonly kind: 'unknown' };

/** A settings file before a write. */
export interface NotedFile {
  /** It had unsaved changes already: those are a person's, and stay. */
  readonly dirty: boolean;
  /** The text on disk. */
  readonly text: string;
}

const parseOptions = { allowTrailingComma: true, allowEmptyContent: true };

/** One of VS Code's settings files: its text on disk, its document in the editor, and how to repair that. */
export class SettingsFile {
  readonly target: Target;
  readonly uri: vscode.Uri;
  /** What a failed write of ours left in the document, unsaved, and why it failed. */
  #stuck: { readonly text: string; readonly cause: StoreError } | undefined;
  /** The text of a file that a write has cut off, and what it left of it, until it can be put back. */
  #lost: { readonly text: string; readonly left: string } | undefined;

  constructor(target: Target, uri: vscode.Uri) {
    this.target = target;
    this.uri = uri;
  }

  get document(): vscode.TextDocument | undefined {
    const id = this.uri.toString();
    return vscode.workspace.textDocuments.find((document) => document.uri.toString() === id);
  }

  get isDirty(): boolean {
    return this.document?.isDirty ?? false;
  }

  async read(): Promise<FileState> {
    let bytes: Uint8Array;
    try {
      bytes = await vscode.workspace.fs.readFile(this.uri);
    } catch (error) {
      const code = error instanceof vscode.FileSystemError ? error.code : '';
      if (code === 'FileNotFound') return { kind: 'absent' };
      return code === 'FileIsADirectory' || /EISDIR|directory/.test((error as Error).message)
        ? { kind: 'invalid', problem: isAFolder }
        : { kind: 'unknown' };
    }
    const state = parsed(new TextDecoder().decode(bytes));
    if (state.kind !== 'valid' || !this.uri.path.endsWith('.code-workspace')) return state;
    // In a .code-workspace file the settings are one member of several.
    return { kind: 'valid', values: (state.values['settings'] ?? {}) as Record<string, unknown> };
  }

  /** Rejects unless the file could be written as far as one can tell without writing. */
  async probe(): Promise<void> {
    await this.heal();
    const where = { context: { target: this.target } };
    if (this.isDirty) throw new StoreError('dirty', `The ${this.target} settings file has unsaved changes.`, where);
    const state = await this.read();
    if (state.kind === 'invalid') throw new StoreError('invalid-file', `The ${this.target} settings file cannot be read: ${state.problem}`, where);
    await this.#probeFileSystem();
  }

  async #probeFileSystem(): Promise<void> {
    const obstacle = this.uri.scheme === 'file' ? await writeObstacle(this.uri.fsPath) : await this.#obstacleElsewhere();
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

  async note(): Promise<NotedFile> {
    return { dirty: this.isDirty, text: await this.#textOnDisk() };
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

  /** A write said to have ended well is not in the file. Rejects when the file system tells why. */
  async afterLoss(before: NotedFile): Promise<void> {
    const left = await this.#textOnDisk();
    if (before.text.trim() !== '' && (left.trim() === '' || parsed(left).kind === 'invalid')) this.#lost = { text: before.text, left };
    await this.#probeFileSystem();
  }

  /**
   * Puts a stuck document, or a cut off file, back to what it was.
   * @throws StoreError what prevents it, or the first cause: not its echo "unsaved changes"
   */
  async heal(): Promise<void> {
    await this.#putBackText();
    const stuck = this.#isStuck();
    const { document } = this;
    if (stuck === undefined || document === undefined) return;
    const text = await this.#textOnDisk();
    if (document.getText() !== text) {
      const edit = new vscode.WorkspaceEdit();
      edit.replace(this.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
      if (!await vscode.workspace.applyEdit(edit)) throw again(stuck.cause);
      this.#stuck = { text: document.getText(), cause: stuck.cause };
    }
    // A save that fails is announced to the user: it is not tried before it can succeed.
    await this.#probeFileSystem();
    const saved = stuck.cause.reason === 'newer' ? await this.#saveOlder(document, text) : await document.save();
    if (!saved) throw again(stuck.cause);
    this.#stuck = undefined;
  }

  /**
   * VS Code refuses to save over a file that is newer than what it has read, for ever. The document holds
   * the newer text by now: with the time of the file set back, the save goes through and changes nothing.
   */
  async #saveOlder(document: vscode.TextDocument, text: string): Promise<boolean> {
    if (this.uri.scheme !== 'file') return document.save();
    const undo = await makeOld(this.uri.fsPath, async () => await this.#textOnDisk() === text);
    if (undo === undefined) return false;
    const saved = await document.save();
    if (!saved) await undo();
    return saved;
  }

  async #putBackText(): Promise<void> {
    if (this.#lost === undefined) return;
    await this.#probeFileSystem();
    // Unless somebody has mended it meanwhile.
    if (await this.#textOnDisk() === this.#lost.left) await vscode.workspace.fs.writeFile(this.uri, new TextEncoder().encode(this.#lost.text));
    this.#lost = undefined;
  }

  /** What our failed write left in the document, unless it has been saved, or a person has edited it since. */
  #isStuck(): { readonly text: string; readonly cause: StoreError } | undefined {
    const { document } = this;
    if (this.#stuck !== undefined && (document === undefined || !document.isDirty || document.getText() !== this.#stuck.text)) this.#stuck = undefined;
    return this.#stuck;
  }

  async #textOnDisk(): Promise<string> {
    try {
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(this.uri));
    } catch {
      return '';
    }
  }
}

function parsed(text: string): FileState {
  const errors: ParseError[] = [];
  const values: unknown = parse(text, errors, parseOptions);
  const first = errors[0];
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split('\n').length;
    return { kind: 'invalid', problem: `${printParseErrorCode(first.error)} in line ${line}.` };
  }
  if (values === undefined) return { kind: 'valid', values: {} };
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return { kind: 'invalid', problem: 'it is not a JSON object.' };
  return { kind: 'valid', values: values as Record<string, unknown> };
}

/** The same refusal for another write. */
function again(cause: StoreError): StoreError {
  return new StoreError(cause.reason, cause.message, { cause, context: cause.context, ...(cause.userAction === undefined ? {} : { userAction: cause.userAction }) });
}
