import { l10n } from 'vscode';
import { libraryPatterns } from './library-patterns.ts';

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
    case 'refusing': return l10n.t('The service is {0}; writes are refused.', stateName(first));
    case 'live': return l10n.t('Live values are served.');
    case 'lastGood': return l10n.t('The service is {0}; the last legal values are served.', stateName(first));
    case 'replaced': return l10n.t('Not legal, and replaced: {0}.', first);
    case 'givenUp': return l10n.t('Given up after too many crashes; the last: {0}.', first);
    case 'closed': return l10n.t('Closed.');
    case 'queues': return l10n.t('Writes waiting or under way: {0}, of unknown outcome: {1}.', first, second);
    case 'unhealthy': return l10n.t('The service is unhealthy.');
    case 'open': return l10n.t('Settings cannot be stored: the circuit breaker is open.');
    case 'unreadable': return l10n.t('The settings cannot be read; the last legal values are served.');
    case 'crashed': return l10n.t('A part of the service has crashed too often: settings are not stored any more.');
    case 'crowded': return l10n.t('More writes are waiting than the queue holds ({0}).', first);
    case 'errorRate': return l10n.t('{0} % of the last {1} writes failed.', first, second);
    case 'dirty': return l10n.t('The settings file has unsaved changes.');
    case 'invalid': return l10n.t('The settings file cannot be read: {0}', first);
    case 'permission': return l10n.t('The settings file cannot be written ({0}).', first);
    case 'full': return l10n.t('The disk is full.');
    case 'notReady': return l10n.t('VS Code is not ready to store settings yet.');
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
