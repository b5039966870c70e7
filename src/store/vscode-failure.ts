import { StoreError, type StoreReason } from '../errors.ts';
import type { Target } from './store.ts';

/**
 * What is known about a write that VS Code refused. Its error is rebuilt in the extension host from
 * name and message alone, and the message is translated with the display language: so the facts decide,
 * the parts of a message that no translation touches (errno tokens) come next, and its English text last.
 */
export interface WriteFacts {
  readonly key: string;
  readonly target: Target;
  readonly error: { readonly name?: string; readonly message?: string };
  /** Is the setting in the extension's manifest? */
  readonly registered: boolean;
  readonly workspaceOpen: boolean;
  /** A policy decides the setting, as far as that can be told. */
  readonly managed: boolean;
  /** Why the setting must not be written to this target, by its own scope. */
  readonly scopeProblem: string | undefined;
  /** The settings document had unsaved changes before the write. */
  readonly dirty: boolean;
  /** What is wrong with the text of the settings file. */
  readonly fileProblem: string | undefined;
  /** The text of the settings file was read, and is valid. */
  readonly fileIsValid: boolean;
}

/** The `fileProblem` of a settings.json that is a folder. */
export const isAFolder = 'it is a folder.';

interface Rule {
  readonly reason: StoreReason;
  applies(facts: WriteFacts): boolean;
  /** Default: VS Code's own words. */
  message?(facts: WriteFacts): string;
  readonly userAction?: string;
}

const says = (pattern: RegExp) => ({ error }: WriteFacts): boolean => pattern.test(error.message ?? '');

const notAFile = says(/\b(EISDIR|ENOTDIR)\b|FileIsADirectory|FileNotADirectory|actually a directory/);

const hasErrors = says(/correct errors\/warnings/);

/** In the order in which they decide: what really stopped the write comes before its consequences. */
const rules: readonly Rule[] = [
  { reason: 'shutting-down', applies: ({ error }) => error.name === 'Canceled' || error.message === 'Canceled' },
  { reason: 'policy', applies: says(/system policy/) },
  { reason: 'unregistered', applies: ({ registered }) => !registered, message: ({ key }) => `"${key}" is not in the extension's manifest: run the manifest generator.` },
  { reason: 'no-workspace', applies: ({ target, workspaceOpen }) => target !== 'user' && !workspaceOpen, message: () => 'No workspace is open.' },
  { reason: 'scope', applies: ({ scopeProblem }) => scopeProblem !== undefined, message: ({ scopeProblem }) => scopeProblem! },
  { reason: 'read-only', applies: says(/\bEROFS\b/) },
  { reason: 'no-space', applies: says(/\b(ENOSPC|EDQUOT)\b|FileExceedsStorageQuota/) },
  { reason: 'permission', applies: says(/\b(EACCES|EPERM)\b|NoPermissions|FileWriteLocked/) },
  { reason: 'invalid-file', applies: (facts) => facts.fileProblem === isAFolder || notAFile(facts), userAction: 'A folder is in the place of the settings file, or a file in the place of its folder: remove it.' },
  { reason: 'dirty', applies: ({ dirty }) => dirty, message: ({ target }) => `The ${target} settings file has unsaved changes.` },
  { reason: 'invalid-file', applies: ({ fileProblem }) => fileProblem !== undefined, message: ({ target, fileProblem }) => `The ${target} settings file cannot be read: ${fileProblem!}` },
  { reason: 'policy', applies: ({ managed }) => managed, message: () => 'A policy of the organisation decides it.' },
  { reason: 'newer', applies: says(/content of the file is newer|FileModifiedSince/) },
  { reason: 'dirty', applies: says(/unsaved changes/) },
  // What VS Code has read of it is older.
  { reason: 'newer', applies: (facts) => facts.fileIsValid && hasErrors(facts) },
  { reason: 'invalid-file', applies: hasErrors },
  { reason: 'not-ready', applies: says(/not yet ready to accept writes/) },
  { reason: 'io', applies: says(/\bE[A-Z]{3,}\b|Unable to write file/) },
];

/** The error of a refused write, with the reason found by facts. */
export function writeFailure(facts: WriteFacts, cause: unknown): StoreError {
  const rule = rules.find(({ applies }) => applies(facts));
  const message = rule?.message?.(facts) ?? facts.error.message ?? 'VS Code refused the write and gave no reason.';
  return new StoreError(rule?.reason ?? 'unknown', `"${facts.key}" was not stored. ${message}`, {
    cause,
    ...(rule?.userAction === undefined ? {} : { userAction: rule.userAction }),
    context: { key: facts.key, target: facts.target },
  });
}
