import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import * as vscode from 'vscode';
import { StoreError } from '../errors.ts';
import type { Target } from './store.ts';

/** What a settings file says, as far as it can be told. */
export type FileState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** Elsewhere, for instance on the other side of a remote connection. */
  | { readonly kind: 'unknown' };

const parseOptions = { allowTrailingComma: true, allowEmptyContent: true };

/** One of VS Code's settings files: its text on disk, its document in the editor, and how to repair that. */
export class SettingsFile {
  readonly target: Target;
  readonly uri: vscode.Uri;
  /** The text that a failed write of ours left in the document, while it is stuck there. */
  #stuck: string | undefined;

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
        ? { kind: 'invalid', problem: 'it is a folder.' }
        : { kind: 'unknown' };
    }
    const state = parsed(new TextDecoder().decode(bytes));
    if (state.kind !== 'valid' || !this.uri.path.endsWith('.code-workspace')) return state;
    // In a .code-workspace file the settings are one member of several.
    return { kind: 'valid', values: (state.values['settings'] ?? {}) as Record<string, unknown> };
  }

  /** Rejects unless the file could be written as far as one can tell without writing. */
  async probe(): Promise<void> {
    const where = { context: { target: this.target } };
    if (this.isDirty && !this.#isStuck()) throw new StoreError('dirty', `The ${this.target} settings file has unsaved changes.`, where);
    const state = await this.read();
    if (state.kind === 'invalid') throw new StoreError('invalid-file', `The ${this.target} settings file cannot be read: ${state.problem}`, where);
    await this.#probeFileSystem();
  }

  async #probeFileSystem(): Promise<void> {
    if (this.uri.scheme !== 'file') return;
    // Not in a browser's extension host: there files have another scheme.
    const { access, constants, statfs } = await import('node:fs/promises');
    let existing = this.uri;
    for (let parents = 0; parents < 3; parents++) {
      try {
        await access(existing.fsPath, constants.W_OK);
        break;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT') throw new StoreError(code === 'EROFS' ? 'read-only' : 'permission', `The ${this.target} settings file cannot be written (${code}).`, { cause: error });
        existing = vscode.Uri.joinPath(existing, '..');
      }
    }
    const { bavail } = await statfs(existing.fsPath);
    if (bavail === 0) throw new StoreError('no-space', `The disk of the ${this.target} settings file is full.`);
  }

  /**
   * VS Code keeps the edit of a failed save in the document, unsaved: every later write then fails as
   * "unsaved changes", and auto-save may land the refused value. So the text on disk is put back.
   *
   * @param wasDirty whether the document had unsaved changes before our write: those are a person's, and stay
   */
  async afterFailure(wasDirty: boolean): Promise<void> {
    const { document } = this;
    if (wasDirty || document === undefined || !document.isDirty) return;
    this.#stuck = document.getText();
    await this.heal();
  }

  /** Puts a stuck document back to the text on disk and saves that, so that it is clean again. Does what it can now. */
  async heal(): Promise<void> {
    const { document } = this;
    if (document === undefined || !this.#isStuck()) return;
    const text = await this.#textOnDisk();
    if (document.getText() !== text) {
      const edit = new vscode.WorkspaceEdit();
      edit.replace(this.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
      if (!await vscode.workspace.applyEdit(edit)) return;
      this.#stuck = document.getText();
    }
    // Fails while the cause lasts: then the document holds the text of the disk, and the next heal saves it.
    if (await document.save()) this.#stuck = undefined;
  }

  /** True while the document holds what our failed write left, and no person has edited it since. */
  #isStuck(): boolean {
    if (this.#stuck === undefined) return false;
    const { document } = this;
    if (document === undefined || !document.isDirty || document.getText() !== this.#stuck) this.#stuck = undefined;
    return this.#stuck !== undefined;
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
