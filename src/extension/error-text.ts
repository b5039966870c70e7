import { l10n } from 'vscode';
import type { ErrorFacts } from '../observe/error-facts.ts';
import { localised } from './library-text.ts';

/*
 * The library's errors in the language of the editor: by their code and reason, which are stable, and not by their
 * messages, which are for developers.
 */

/** What has happened. */
export function whatHappened(facts: ErrorFacts): string {
  const happened = inWords(facts);
  return facts.injected === true ? l10n.t('Injected fault: {0}', happened) : happened;
}

function inWords({ code, reason, message, name }: ErrorFacts): string {
  const byReason: Readonly<Record<string, string>> = {
    'dirty': l10n.t('The settings file has unsaved changes.'),
    'invalid-file': l10n.t('The settings file cannot be read: it is not valid JSON.'),
    'conflict': l10n.t('Something else in the settings file stands in the way of the setting.'),
    'permission': l10n.t('The settings file may not be written.'),
    'read-only': l10n.t('The settings file is on a read-only file system.'),
    'no-space': l10n.t('The disk is full.'),
    'no-workspace': l10n.t('No workspace is open.'),
    'newer': l10n.t('The settings file has changed on disk meanwhile.'),
    'policy': l10n.t('The setting is controlled by a policy.'),
    'unregistered': l10n.t('VS Code does not know the setting.'),
    'scope': l10n.t('The setting cannot be stored there.'),
    'not-ready': l10n.t('VS Code is not ready to store settings yet.'),
    'not-verified': l10n.t('The value was stored, and is not there any more.'),
    'shutting-down': l10n.t('The window is closing.'),
    'unsupported': l10n.t('Settings cannot be stored in that way here.'),
    'io': l10n.t('The settings file could not be written.'),
    'unknown': l10n.t('VS Code refused, and did not say why.'),
  };
  const byCode: Readonly<Record<string, string>> = {
    VALIDATION: l10n.t('A value was refused: it is not legal.'),
    TIMEOUT: l10n.t('It took too long.'),
    CIRCUIT_OPEN: l10n.t('Writing is paused, because it has failed several times.'),
    QUEUE_FULL: l10n.t('Too many writes are waiting.'),
    DISPOSED: l10n.t('The extension has stopped its settings service.'),
    ABORTED: l10n.t('It was cancelled.'),
    SUPERVISION: l10n.t('A part of the service has crashed too often: settings are not stored any more.'),
    TRANSACTION: l10n.t('Several settings could not be stored together.'),
  };
  return byReason[reason ?? ''] ?? byCode[code ?? ''] ?? inFull(message || name);
}

/** What a stranger's error says, as a sentence: another one may follow. */
const inFull = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** What a person can do about it, or `undefined` when that is nothing. */
export function whatToDo({ code, reason, userAction }: ErrorFacts): string | undefined {
  const byReason: Readonly<Record<string, string>> = {
    'dirty': l10n.t('Save the settings file.'),
    'invalid-file': l10n.t('Open the settings file and correct its errors.'),
    'conflict': l10n.t('Open the settings file and remove what stands in the way of the setting.'),
    'permission': l10n.t('Allow writing to the settings file.'),
    'read-only': l10n.t('Make the settings file writable, or store the value somewhere else.'),
    'no-space': l10n.t('Free some disk space.'),
    'no-workspace': l10n.t('Open a folder or workspace, or store the value in the user settings.'),
    'policy': l10n.t('Your organisation manages this setting; ask its administrator.'),
    'not-verified': l10n.t('Look for another program that rewrites the settings file.'),
  };
  if (userAction === undefined) return undefined;
  if (code === 'SUPERVISION') return l10n.t('Run "Holdfast: Reset", or reload the window.');
  // What an error says itself may be more exact than what its reason alone allows to say.
  const own = localised(userAction);
  return own !== userAction ? own : byReason[reason ?? ''] ?? userAction;
}
