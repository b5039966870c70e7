import * as vscode from 'vscode';

/** A notification with a Cancel button, which its owner can change and close: VS Code lets extensions do so with progress alone. */
export class ProgressNotification {
  #progress: vscode.Progress<{ message: string; increment: number }> | undefined;
  #text = '';
  #end!: () => void;

  constructor(onCancel: () => void) {
    const over = new Promise<void>((resolve) => (this.#end = resolve));
    const options = { location: vscode.ProgressLocation.Notification, cancellable: true };
    void vscode.window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(onCancel);
      this.#progress = progress;
      this.#report();
      return over;
    });
  }

  say(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#report();
  }

  close(): void {
    this.#end();
  }

  /** The bar stands still: what goes on is for the user to do. */
  #report(): void {
    if (this.#text !== '') this.#progress?.report({ message: this.#text, increment: 0 });
  }
}
