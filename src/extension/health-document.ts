import { l10n } from 'vscode';
import type { LogEntry } from '../observe/log.ts';
import type { BreakerStatus } from '../service/service.ts';
import { whatHappened } from './error-text.ts';
import { localised } from './library-text.ts';
import { clockTime, duration, escaped, fileName, table } from './markdown.ts';
import type { ServiceView } from './watched-service.ts';
import { healthName, originName, scopeName } from './words.ts';

export interface HealthPage {
  readonly view: ServiceView;
  /** The last of its log, oldest first. */
  readonly entries: readonly LogEntry[];
}

const marks = { healthy: '●', degraded: '◐', unhealthy: '○' } as const;
const guardCheckNames = () => ({ api: l10n.t('Calls let through'), access: l10n.t('Failures'), breaker: l10n.t('Circuit breaker'), resources: l10n.t('Slots') });
const checkNames = () => ({ api: l10n.t('Values served'), access: l10n.t('Settings writable'), breaker: l10n.t('Circuit breakers'), resources: l10n.t('Queues') });

/** The health of all services, as Markdown. */
export function healthDocument(pages: readonly HealthPage[], now: number): string {
  const title = `# ${pages.some(({ view }) => view.isGuard === true) ? l10n.t('Settings and guards: health') : l10n.t('Settings: health')}\n\n*${new Date(now).toLocaleString()}*`;
  if (pages.length === 0) return `${title}\n\n${l10n.t('No extension in this window uses Holdfast.')}\n`;
  return `${[title, ...pages.map(servicePart)].join('\n\n')}\n`;
}

function servicePart({ view, entries }: HealthPage): string {
  const parts = [`## ${marks[view.health]} ${l10n.t('{0} is {1}', escaped(view.label), healthName(view.health))}`];
  if (view.health !== 'healthy' && view.call !== undefined) parts.push(`> **${l10n.t('What to do.')}** ${escaped(view.call)}`);
  if (view.unsaved.length > 0) {
    parts.push(view.unsaved.map(({ settings, facts }) => `- ${escaped(l10n.t('{0} is not stored yet.', settings))} ${escaped(whatHappened(facts))}`).join('\n'));
  }
  if (view.report !== undefined) {
    const { checks } = view.report;
    parts.push(table([l10n.t('State'), l10n.t('Check'), l10n.t('Finding')], Object.entries(view.isGuard === true ? guardCheckNames() : checkNames()).map(([name, title]) => {
      const { status, detail } = checks[name as keyof typeof checks];
      return [marks[status], title, escaped(localised(detail))];
    })));
  }
  if (view.breakers.length > 0 && view.isGuard !== true) {
    parts.push(`### ${l10n.t('Circuit breakers')}`, table([l10n.t('Settings file'), l10n.t('State'), l10n.t('Next probe'), l10n.t('Failures in a row'), l10n.t('Writes waiting')], view.breakers.map((breaker) => breakerRow(breaker))));
  }
  const [breaker] = view.breakers;
  if (view.isGuard === true && breaker !== undefined) {
    parts.push(`### ${l10n.t('Circuit breaker')}`, table([l10n.t('State'), l10n.t('Next probe'), l10n.t('Failures in a row'), l10n.t('Calls waiting')], [breakerRow(breaker, l10n.t('with the next call')).slice(1)]));
  }
  if (view.issues.length > 0) {
    parts.push(`### ${l10n.t('Settings that fall back')}`, table([l10n.t('Setting'), l10n.t('The stored value'), l10n.t('From'), l10n.t('Served')], view.issues.map(({ name, problem, layer, served, scope }) => (
      [`\`${name}\`${scope === undefined ? '' : ` (${escaped(scopeName(scope))})`}`, escaped(problem), layer === undefined ? '' : originName(layer), originName(served)]
    ))));
  }
  if (view.alerts.length > 0) parts.push(`### ${l10n.t('Alerts')}`, view.alerts.map((message) => `- ${escaped(localised(message))}`).join('\n'));
  const news = entries.filter(({ level }) => level !== 'debug').slice(-10).reverse();
  if (news.length > 0) {
    parts.push(`### ${l10n.t('Lately')}`, table([l10n.t('Time'), l10n.t('Level'), l10n.t('What happened')], news.map(({ timestamp, level, message }) => (
      [clockTime(Date.parse(timestamp)), level, escaped(localised(message))]
    ))));
  }
  return parts.join('\n\n');
}

function breakerRow({ file, mode, held, retryAfter, consecutiveFailures, queueDepth }: BreakerStatus, next = l10n.t('with the next write')): string[] {
  const state = held ? l10n.t('held open') : { CLOSED: l10n.t('closed'), OPEN: l10n.t('open'), HALF_OPEN: l10n.t('half open') }[mode];
  const probe = mode === 'HALF_OPEN' ? next : retryAfter === undefined ? '' : l10n.t('in {0} or earlier', duration(retryAfter));
  return [escaped(fileName(file)), state, probe, String(consecutiveFailures), String(queueDepth)];
}
