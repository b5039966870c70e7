import path from 'node:path';
import { journalFolder } from './journal-folder.ts';
import type { JournalHome, JournalHomes, Memento } from './memento.ts';
import type { VscodeContext } from './vscode-host.ts';

/**
 * Where the journal of an extension in VS Code is kept: each window has one of its own. What is written to the user settings is
 * found by the next start in any workspace, the rest by the next in the same.
 * @returns `undefined` where the extension's storage is no folder on disk: then its `workspaceState` holds the journal
 */
export function vscodeJournal({ globalStorageUri, storageUri, workspaceState }: VscodeContext): JournalHomes | undefined {
  if (globalStorageUri.scheme !== 'file') return undefined;
  const user = withEarlierVersions(journalFolder(path.join(globalStorageUri.fsPath, 'journals')), workspaceState);
  return { user, workspace: storageUri?.scheme === 'file' ? journalFolder(path.join(storageUri.fsPath, 'journals')) : user };
}

/** Holdfast 0.1 kept one journal for all windows of a workspace. */
function withEarlierVersions(home: JournalHome, workspaceState: Memento): JournalHome {
  return {
    ...home,
    takeOver: async (name) => {
      const text = workspaceState.get(name);
      const left = await home.takeOver!(name);
      return typeof text === 'string' ? [...left, { text, forget: async () => void await workspaceState.update(name, undefined) }] : left;
    },
  };
}
