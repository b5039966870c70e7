import type { BreakerStatus } from '../service/service.ts';
import { clockTime, escaped, fileName } from './markdown.ts';
import type { ServiceView } from './watched-service.ts';

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
  const worst = severity[Math.max(...views.map(({ health }) => severity.indexOf(health)))]!;
  const calling = views.filter(({ health, call }) => health !== 'healthy' && call !== undefined);
  const troubled = (calling.length > 0 ? calling : views.filter(({ health }) => health !== 'healthy')).map(({ label }) => label);
  const text = worst === 'healthy' ? '$(shield)' : `${icons[worst]} ${troubled.length === 1 ? troubled[0]! : 'Settings'}`;
  return {
    text,
    quiet: worst === 'healthy',
    tooltip: [...views.map((view) => section(view, now)), footer].join('\n\n---\n\n'),
    background: calling.length === 0 ? undefined : calling.some(({ health }) => health === 'unhealthy') ? 'error' : 'warning',
    accessibleLabel: worst === 'healthy'
      ? 'Holdfast: the settings of all extensions are healthy'
      : `Holdfast: the settings of ${troubled.join(', ')} are ${worst}. ${calling[0]?.call ?? ''}`.trimEnd(),
  };
}

const footer = '[Health](command:holdfast.showHealth) · [Metrics](command:holdfast.showMetrics) · [Log](command:holdfast.showLog) · [Actions…](command:holdfast.showActions)';

function section(view: ServiceView, now: number): string {
  const lines = [`${icons[view.health]} **${escaped(view.label)}** is ${view.health}`];
  if (view.health !== 'healthy' && view.call !== undefined) lines.push(`$(person) ${escaped(view.call)}`);
  const checks = view.report === undefined ? [] : [view.report.checks.api, view.report.checks.access, view.report.checks.resources];
  for (const { status, detail } of checks) lines.push(`${icons[status]} ${escaped(detail)}`);
  for (const breaker of view.breakers) lines.push(breakerLine(breaker, now));
  if (view.health !== 'healthy' && view.lastError !== undefined) {
    const { facts: { code, reason, message }, at } = view.lastError;
    lines.push(`$(history) ${clockTime(at)}: ${escaped(code === 'VALIDATION' ? 'a value was refused' : message || reason || 'an error')}`);
  }
  return lines.join('  \n');
}

/** The time of the next probe and not the seconds until then: a tooltip stands still. */
function breakerLine({ file, mode, held, retryAfter, queueDepth }: BreakerStatus, now: number): string {
  const states = {
    CLOSED: 'closed',
    HALF_OPEN: 'half open: the next write is a probe',
    OPEN: held ? 'held open by you' : `open, next probe ${retryAfter === undefined ? 'now' : `at ${clockTime(now + retryAfter)} or earlier`}`,
  };
  const waiting = queueDepth === 0 ? '' : `, ${queueDepth} waiting`;
  return `$(${mode === 'CLOSED' ? 'circle-filled' : mode === 'OPEN' ? 'circle-slash' : 'circle-outline'}) ${escaped(fileName(file))}: ${states[mode]}${waiting}`;
}
