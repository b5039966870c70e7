import type * as onDisk from './vscode-journal.ts';

/** In the place of vscode-journal.ts in a browser, where an extension has no folder on disk. */
export const vscodeJournal: typeof onDisk.vscodeJournal = () => undefined;
