import { l10n } from 'vscode';
import type { Health } from '../service/health.ts';
import type { Origin } from '../service/reads/snapshot.ts';
import { libraryPatterns } from './library-patterns.ts';
import { healthName, originName } from './words.ts';

type Name = keyof typeof libraryPatterns;

/** What the library says of a service, in the language of the editor. What is not known here is said as it is. */
export function localised(text: string): string {
  for (const name of Object.keys(libraryPatterns) as Name[]) {
    const found = libraryPatterns[name].exec(text);
    if (found !== null) return said(name, found[1] ?? '', found[2] ?? '');
  }
  return text;
}

function said(name: Name, first: string, second: string): string {
  switch (name) {
    case 'writable': return l10n.t('The settings can be written.');
    case 'writableUnlocked': return l10n.t('The settings can be written. Other processes are not kept from writing at the same moment: {0}.', localised(first));
    case 'noLock': return l10n.t('no lock can be made in the temporary folder ({0})', first);
    case 'othersFile': return l10n.t('{0} belongs to another user, and each user has their own locks', first);
    case 'noWebLocks': return l10n.t('this browser has no locks, or the page is not secure');
    case 'refusing': return l10n.t('The service is {0}; writes are refused.', stateName(first));
    case 'live': return l10n.t('Live values are served.');
    case 'lastGood': return l10n.t('The service is {0}; the last legal values are served.', stateName(first));
    case 'replaced': return l10n.t('Not legal, and replaced: {0}.', first);
    case 'givenUp': return l10n.t('Given up after too many crashes; the last: {0}.', first);
    case 'closed': return l10n.t('Closed.');
    case 'queues': return l10n.t('Writes waiting or under way: {0}, of unknown outcome: {1}.', first, second);
    case 'health': return l10n.t('The service is {0}.', healthName(first as Health));
    case 'open': return l10n.t('Settings cannot be stored: the circuit breaker is open.');
    case 'unreadable': return l10n.t('The settings cannot be read; the last legal values are served.');
    case 'unreadableBecause': return l10n.t('The settings cannot be read, and the last valid values are served: {0}', localised(first));
    case 'crashed': return l10n.t('A part of the service has crashed too often: settings are not stored any more.');
    case 'crowded': return l10n.t('More writes are waiting than the queue holds ({0}).', first);
    case 'errorRate': return l10n.t('{0} % of the last {1} writes failed.', first, second);
    case 'callsGo': return l10n.t('Calls are let through.');
    case 'callsRefused': return l10n.t('Calls are refused.');
    case 'someRefused': return l10n.t('Some calls are refused.');
    case 'inARow': return l10n.t('Failures in a row: {0}.', first);
    case 'isHeldOpen': return l10n.t('Held open.');
    case 'isOpen': return l10n.t('Open.');
    case 'isHalfOpen': return l10n.t('Half open.');
    case 'someOpen': return l10n.t('{0} of {1} are open.', first, second);
    case 'unlimited': return l10n.t('There is no limit of calls at a time.');
    case 'slots': return l10n.t('Slots taken: {0}, calls waiting: {1}.', first, second);
    case 'guardHealth': return l10n.t('The guard is {0}.', healthName(first as Health));
    case 'guardOpen': return l10n.t('Calls are refused: the circuit breaker is open.');
    case 'callErrorRate': return l10n.t('{0} % of the last {1} calls failed.', first, second);
    case 'callsCrowded': return l10n.t('More calls are waiting than the queue holds ({0}).', first);
    case 'guardClosed': return l10n.t('The circuit breaker has closed: calls go through again.');
    case 'guardHalfOpen': return l10n.t('The circuit breaker is half open: a probe may try.');
    case 'guardOpened': return l10n.t('The circuit breaker has opened: calls are refused.');
    case 'callSucceeded': return l10n.t('A call has succeeded.');
    case 'callFailed': return l10n.t('A call has failed: {0}.', first);
    case 'callFellBack': return l10n.t('A call has failed, and its caller was given something else.');
    case 'callLate': return l10n.t('A call that was given up has ended.');
    case 'budgetSpent': return l10n.t('The retry budget is spent: a call is not tried again.');
    case 'timeIgnored': return l10n.t('The dependency has named a time to come back that makes no sense.');
    case 'callQueueFull': return l10n.t('The queue is full: a call was refused.');
    case 'callWaited': return l10n.t('A call has waited for long.');
    case 'unwatched': return l10n.t('The guard is not watched any more.');
    case 'dirty': return l10n.t('The settings file has unsaved changes.');
    case 'invalid': return l10n.t('The settings file cannot be read: {0}', first);
    case 'permission': return l10n.t('The settings file cannot be written ({0}).', first);
    case 'full': return l10n.t('The disk is full.');
    case 'notReady': return l10n.t('VS Code is not ready to store settings yet.');
    case 'injected': return l10n.t('A fault was injected ({0}).', first);
    case 'takeBack': return l10n.t('Take the injected fault back in the State Inspector.');
    case 'breakerClosed': return l10n.t('The circuit breaker has closed: writes go through again.');
    case 'breakerHalfOpen': return l10n.t('The circuit breaker is half open: one write may try.');
    case 'breakerOpened': return l10n.t('The circuit breaker has opened: writes are refused.');
    case 'read': return l10n.t('The settings have been read.');
    case 'notLegal': return l10n.t('The stored value of {0} is not legal. In effect: {1}.', first, originName(second as Origin));
    case 'partlyLegal': return l10n.t('The stored value of {0} is not legal. In effect: {1}.', first, originName('valid items'));
    case 'legalAgain': return l10n.t('The stored value of {0} is legal again.', first);
    case 'stored': return l10n.t('Stored.');
    case 'hidden': return l10n.t('Stored, but another value is in effect.');
    case 'notStored': return l10n.t('Not stored: {0}.', first);
    case 'parked': return l10n.t('Waiting until the circuit breaker closes.');
    case 'attemptFailed': return l10n.t('An attempt failed.');
    case 'reasserted': return l10n.t('A write that was given up landed late and undid a newer one, which is stored again.');
    case 'late': return l10n.t('A write that was given up has ended.');
    case 'reconciled': return l10n.t('An earlier process did not see the end of a write: {0}.', outcomeName(first));
    case 'actorGivenUp': return l10n.t('An actor has crashed once too often: writes are refused until a reset.');
    case 'restarted': return l10n.t('An actor has crashed and was restarted.');
    case 'disposed': return l10n.t('The service has been disposed of.');
    case 'disposedEarly': return l10n.t('The service has been disposed of before all writes had ended.');
    case 'notKept': return l10n.t('What Holdfast keeps for the next start could not be stored.');
    case 'listener': return l10n.t('A listener of a setting threw an error.');
    case 'undone': return l10n.t('{0} was undone by a write that landed late, and could not be restored so far.', first);
    case 'notASetting': return l10n.t('Something was read that is not a setting.');
    case 'storeStays': return l10n.t('The store could not be disposed of.');
    case 'notJson': return l10n.t('The file is not JSON.');
    case 'notRecording': return l10n.t('The file is not a recording of Holdfast.');
    case 'otherVersion': return l10n.t('The recording has version {0}; this inspector reads version {1}.', first, second);
    case 'noRecords': return l10n.t('The recording is damaged: it has no records.');
    case 'badRecord': return l10n.t('The recording is damaged: record {0} is not a valid one.', first);
    case 'tooLong': return l10n.t('The recording is longer than {0} characters.', first);
    case 'tooMany': return l10n.t('The recording has more than {0} records.', first);
    case 'tooManyActors': return l10n.t('There are too many actors for a recording.');
    case 'folderInPlace': return l10n.t('A folder is in the place of the settings file, or a file in the place of its folder: remove it.');
    case 'makeObject': return l10n.t('Remove "{0}" from the settings file (line {1}), or make it an object.', first, second);
    case 'changeInBlock': return l10n.t('Change the setting in "{0}" in the settings file (line {1}).', first, second);
    case 'leaveOne': return l10n.t('Leave only one "{0}" in the settings file (lines {1}).', first, second);
    case 'moveAbove': return l10n.t('Move "{0}" above the setting in the settings file (line {1}).', first, second);
    case 'takeOut': return l10n.t('Take the setting out of "{0}" in the settings file (line {1}).', first, second);
    case 'beingWritten': return l10n.t('The settings file is being written by another program.');
    case 'heldOpen': return l10n.t('Somebody holds the circuit breaker open: release it.');
    case 'queueFull': return l10n.t('Wait until the waiting writes are stored, then try again.');
    case 'newer': return l10n.t('The settings file changed on disk; it is read again before the next attempt.');
    case 'closing': return l10n.t('The window is closing; the write is checked at the next start.');
    case 'unknown': return l10n.t('Something happened that this version does not know.');
    case 'over': return l10n.t('Over: {0}', localised(first));
    case 'repeated': return second === 'once' ? l10n.t('{0} (repeated once)', localised(first)) : l10n.t('{0} (repeated {1} times)', localised(first), Number.parseInt(second, 10));
  }
}

/** A state of the lifecycle. */
function stateName(state: string): string {
  switch (state) {
    case 'loading': return l10n.t('loading');
    case 'degraded': return l10n.t('degraded');
    case 'disposing': return l10n.t('about to end');
    case 'disposed': return l10n.t('ended');
    case 'given up': return l10n.t('given up');
    default: return state;
  }
}

/** What became of a write. */
function outcomeName(outcome: string): string {
  switch (outcome) {
    case 'stored': return l10n.t('stored');
    case 'not stored': return l10n.t('not stored');
    default: return l10n.t('unknown');
  }
}
