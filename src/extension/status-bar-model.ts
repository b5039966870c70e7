import { l10n } from 'vscode';
import type { BreakerStatus } from '../service/service.ts';
import { whatHappened } from './error-text.ts';
import { localised } from './library-text.ts';
import { clockTime, escaped, fileName } from './markdown.ts';
import type { ServiceView } from './watched-service.ts';
import { healthName } from './words.ts';

/** What the status bar item shows. */
export interface StatusBarModel {
  readonly text: string;
  /** Markdown, with icons and links to commands of this extension. */
  readonly tooltip: string;
  /** Only when a person must act. */
  readonly background: 'warning' | 'error' | undefined;
  readonly accessibleLabel: string;
  /** All is well. */
  readonly quiet: boolean;
}

const severity = ['healthy', 'degraded', 'unhealthy'] as const;
const icons = { healthy: '$(pass)', degraded: '$(warning)', unhealthy: '$(error)' } as const;

/** Commands that links in the tooltip may run. */
export const linkedCommands = ['holdfast.showHealth', 'holdfast.showMetrics', 'holdfast.showLog', 'holdfast.showActions'];

/**
 * Quiet while all is well; an icon when something is wrong that heals by itself; colour when it does not.
 * @returns `undefined` when there is nothing to show
 */
export function statusBarModel(views: readonly ServiceView[], now: number): StatusBarModel | undefined {
  if (views.length === 0) return undefined;
  const calling = views.filter(({ health, call }) => health !== 'healthy' && call !== undefined);
  const waiting = views.filter((view) => notStored(view) > 0);
  const named = [waiting, calling].find(({ length }) => length > 0) ?? views.filter(({ health }) => health !== 'healthy');
  const troubled = named.map(({ label }) => label);
  const worst = severity[Math.max(0, ...named.map(({ health }) => severity.indexOf(health)))]!;
  const guards = named.some(({ isGuard }) => isGuard === true);
  const trouble = waiting.length > 0 ? unsavedText(waiting) : troubled.length === 1 ? troubled[0]! : guards ? 'Holdfast' : l10n.t('Settings');
  const text = worst === 'healthy' ? '$(shield)' : `${icons[worst]} ${trouble}`;
  return {
    text,
    quiet: worst === 'healthy',
    tooltip: [...views.map((view) => section(view, now)), footer()].join('\n\n---\n\n'),
    background: calling.length === 0 ? undefined : calling.some(({ health }) => health === 'unhealthy') ? 'error' : 'warning',
    accessibleLabel: worst === 'healthy'
      ? l10n.t('Holdfast: the settings of all extensions are healthy')
      : [waiting.length > 0 ? `${unsavedText(waiting)}.` : '', guards ? l10n.t('Holdfast: {0}: {1}. {2}', troubled.join(', '), healthName(worst), calling[0]?.call ?? '') : l10n.t('Holdfast: the settings of {0} are {1}. {2}', troubled.join(', '), healthName(worst), calling[0]?.call ?? '')].join(' ').trim(),
  };
}

const notStored = ({ unsaved, parked }: ServiceView): number => unsaved.length + parked;

/** The setting, when there is one; else how many writes. */
function unsavedText(waiting: readonly ServiceView[]): string {
  const count = waiting.reduce((sum, view) => sum + notStored(view), 0);
  const [first] = waiting.flatMap(({ unsaved }) => unsaved);
  if (count === 1 && first !== undefined) return l10n.t('{0}: not stored yet', first.settings);
  const who = waiting.length === 1 ? waiting[0]!.label : l10n.t('Settings');
  return count === 1 ? l10n.t('{0}: one write is not stored yet', who) : l10n.t('{0}: {1} writes are not stored yet', who, count);
}

const footer = (): string => [
  `[${l10n.t('Health')}](command:holdfast.showHealth)`,
  `[${l10n.t('Metrics')}](command:holdfast.showMetrics)`,
  `[${l10n.t('Log')}](command:holdfast.showLog)`,
  `[${l10n.t('Actions…')}](command:holdfast.showActions)`,
].join(' · ');

function section(view: ServiceView, now: number): string {
  const lines = [`${icons[view.health]} ${l10n.t('{0} is {1}', `**${escaped(view.label)}**`, healthName(view.health))}`];
  if (view.health !== 'healthy' && view.call !== undefined) lines.push(`$(person) ${escaped(view.call)}`);
  for (const { settings, facts } of view.unsaved) lines.push(`$(watch) ${escaped(l10n.t('{0} is not stored yet.', settings))} ${escaped(whatHappened(facts))}`);
  for (const alert of view.alerts) lines.push(`$(bell-dot) ${escaped(localised(alert))}`);
  const checks = view.report === undefined ? [] : view.isGuard === true ? [view.report.checks.api, view.report.checks.resources] : [view.report.checks.api, view.report.checks.access, view.report.checks.resources];
  for (const { status, detail } of checks) lines.push(`${icons[status]} ${escaped(localised(detail))}`);
  for (const breaker of view.breakers) lines.push(breakerLine(breaker, now, view.isGuard));
  if (view.health !== 'healthy' && view.lastError !== undefined) {
    const { facts, at } = view.lastError;
    lines.push(`$(history) ${clockTime(at)}: ${escaped(whatHappened(facts))}`);
  }
  return lines.join('  \n');
}

/** The time of the next probe and not the seconds until then: a tooltip stands still. */
function breakerLine({ file, mode, held, retryAfter, queueDepth }: BreakerStatus, now: number, isGuard = false): string {
  const states = {
    CLOSED: l10n.t('closed'),
    HALF_OPEN: isGuard ? l10n.t('half open: the next call is a probe') : l10n.t('half open: the next write is a probe'),
    OPEN: held ? l10n.t('held open by you') : retryAfter === undefined ? l10n.t('open, next probe now') : l10n.t('open, next probe at {0} or earlier', clockTime(now + retryAfter)),
  };
  const waiting = queueDepth === 0 ? '' : `, ${l10n.t('{0} waiting', queueDepth)}`;
  return `$(${mode === 'CLOSED' ? 'circle-filled' : mode === 'OPEN' ? 'circle-slash' : 'circle-outline'}) ${isGuard ? l10n.t('Circuit breaker') : escaped(fileName(file))}: ${states[mode]}${waiting}`;
}
