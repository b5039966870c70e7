import * as vscode from 'vscode';
import { StoreError } from '../errors.ts';
import { editsOf, type SettingsFile } from './vscode-settings-file.ts';
import { SettingsText } from './vscode-settings-text.ts';

/*
 * Several settings in one save.
 *
 * VS Code's `update` stores one setting. It checks the file, waits for its turn among the updates of all extensions in the
 * window, edits the document, and asks the extensions before it saves it. So one `update` of a block for a language that does not
 * exist carries all changes: when VS Code asks, the block is replaced by them. Whatever goes wrong, the file holds either all
 * of them or none.
 *
 * A document that is edited and saved beside VS Code's own updates would be dirty for a moment, and the updates of other
 * extensions refused; a file that is replaced beside them is overwritten by those under way.
 */

/** Nothing reads it: there is no such language. */
export const carrier = '[holdfast]';

/** How often the changes are put into a document that is edited at the same moment. */
const tries = 5;

/** What VS Code has saved. */
export interface CarriedSave {
  /** The text of ours; nothing when it is not known to be. */
  readonly saved: string | undefined;
}

/**
 * Has VS Code save a text of ours in the place of its own.
 *
 * @param update the settings at the place of the file: its `update` carries the changes
 * @param compose is given the document as it is at that moment, and returns what to save. What it throws is thrown, and the
 *   document saved as it was.
 * @throws what VS Code refused with, or what `compose` has thrown
 */
export async function saveCarried(
  update: (key: string, value: unknown) => Thenable<void>,
  file: SettingsFile,
  compose: (before: string) => string,
): Promise<CarriedSave> {
  const token = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const carried = new CarriedDocument(token, file, compose);
  try {
    await update(carrier, { token });
    await carried.end();
  } catch (error) {
    await carried.giveUp();
    throw error;
  } finally {
    carried.dispose();
  }
  const { failure, saved } = carried;
  // VS Code has not asked, or the answer came too late: nobody needs what is left.
  if (saved === undefined) await update(carrier, undefined);
  if (failure !== undefined) throw failure.error;
  return { saved };
}

class CarriedDocument {
  saved: string | undefined;
  failure: { readonly error: unknown } | undefined;
  /** Makes the file look as new as it is. */
  #undo: (() => Promise<void>) | undefined;
  /** The answer to VS Code, which may come after VS Code has stopped waiting for it. */
  #answer: Promise<void> | undefined;
  /** Aborted once VS Code has refused the save: the document is not edited after that. */
  readonly #refused = new AbortController();
  readonly #token: string;
  readonly #file: SettingsFile;
  readonly #compose: (before: string) => string;
  readonly #subscriptions: vscode.Disposable[];
  /** Of each document that may be the one: the last text without the token, and the first with it. */
  readonly #texts = new Map<vscode.TextDocument, { readonly without: string; readonly isDirty: boolean; readonly first?: string }>();
  #document: vscode.TextDocument | undefined;

  constructor(token: string, file: SettingsFile, compose: (before: string) => string) {
    this.#token = token;
    this.#file = file;
    this.#compose = compose;
    for (const document of vscode.workspace.textDocuments) this.#note(document);
    this.#subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.#note(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#note(document)),
      vscode.workspace.onWillSaveTextDocument((event) => {
        if (event.document.getText().includes(token)) event.waitUntil(this.#answer = this.#replace(event.document));
      }),
    ];
  }

  /** VS Code waits for an answer for 1.5 s. What came later is in the document, and is saved by it. @throws StoreError */
  async end(): Promise<void> {
    await this.#answer;
    const document = this.#document;
    if (document === undefined || this.saved === undefined || !document.isDirty || document.getText() !== this.saved) return;
    await this.#file.saveAgain(this.saved);
  }

  /** Stops editing the document, and restores the time of the file. */
  async giveUp(): Promise<void> {
    this.#refused.abort();
    await this.#answer;
    await this.#undo?.();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #note(document: vscode.TextDocument): void {
    if (!/\.(json|code-workspace)$/.test(document.uri.path)) return;
    const text = document.getText();
    const known = this.#texts.get(document);
    if (!text.includes(this.#token)) this.#texts.set(document, { without: text, isDirty: document.isDirty });
    else if (known !== undefined && known.first === undefined) this.#texts.set(document, { ...known, first: text });
  }

  async #replace(document: vscode.TextDocument): Promise<void> {
    this.#document = document;
    const known = this.#texts.get(document);
    const text = document.getText();
    // Others have changed the document as well, as they may before it is saved.
    let before = known?.first === text ? known.without : withoutCarrier(text, this.#file.isWorkspaceFile);
    // What a person has typed at this moment is not taken for an older text of the file.
    const newer = known?.isDirty === true ? undefined : await this.#file.newerThan(document, known?.without ?? before);
    if (newer !== undefined) before = newer.text;
    let wanted = before;
    try {
      wanted = this.#compose(before);
    } catch (error) {
      this.failure = { error };
    }
    for (let tried = 0; tried < tries && this.saved === undefined && !this.#refused.signal.aborted; tried++) {
      const edit = new vscode.WorkspaceEdit();
      const { range, content } = difference(document, wanted);
      edit.set(this.#file.addressIn(document), editsOf(range, content, wanted));
      // It holds for this version of the document alone.
      if (await vscode.workspace.applyEdit(edit) && document.getText() === wanted) this.saved = wanted;
      else if (!document.getText().includes(this.#token)) break;
    }
    // Only now: if VS Code stops waiting for our answer earlier, it saves a text that lacks what the newer one says.
    if (this.saved !== undefined && !this.#refused.signal.aborted) this.#undo = await newer?.makeOld();
  }
}

/** The text without the block that carries changes. */
export function withoutCarrier(text: string, inWorkspaceFile: boolean): string {
  return text.includes(carrier) ? new SettingsText(text, inWorkspaceFile).withValue(carrier, undefined, undefined) : text;
}

/** What differs between a document and a text. */
export function difference(document: vscode.TextDocument, text: string): { readonly range: vscode.Range; readonly content: string } {
  const old = document.getText();
  const most = Math.min(old.length, text.length);
  let start = 0;
  while (start < most && old[start] === text[start]) start++;
  let end = 0;
  while (end < most - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end++;
  // A line end is two characters, and stays whole.
  if (start > 0 && old[start - 1] === '\r') start--;
  if (end > 0 && old[old.length - end] === '\n') end--;
  const range = new vscode.Range(document.positionAt(start), document.positionAt(old.length - end));
  return { range, content: text.slice(start, text.length - end) };
}

/** VS Code saved the document without asking. */
export const notCarried = (context: Readonly<Record<string, unknown>>): StoreError =>
  new StoreError('newer', 'VS Code saved the settings file before the changes were in it.', { context });
