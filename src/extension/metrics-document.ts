import { l10n } from 'vscode';
import type { Metrics } from '../service/metrics.ts';
import { clockTime, duration, escaped, fileName, table } from './markdown.ts';

export interface MetricsPage {
  readonly label: string;
  readonly isGuard?: boolean;
  readonly metrics: Metrics;
}

/** The metrics of all services, as Markdown. */
export function metricsDocument(pages: readonly MetricsPage[], now: number): string {
  const title = `# ${pages.some(({ isGuard }) => isGuard === true) ? l10n.t('Settings and guards: metrics') : l10n.t('Settings: metrics')}\n\n*${new Date(now).toLocaleString()}*`;
  if (pages.length === 0) return `${title}\n\n${l10n.t('No extension in this window uses Holdfast.')}\n`;
  return `${[title, ...pages.map(servicePart)].join('\n\n')}\n`;
}

function servicePart({ label, isGuard = false, metrics }: MetricsPage): string {
  const { operationCount, successCount, errorCount, rejectionCount, latency } = metrics;
  const parts = [
    `## ${escaped(label)}`,
    operationCount === 1
      ? l10n.t('In the last {0}: {1} operation, {2} under way.', duration(metrics.uptime), '**1**', metrics.queueDepth)
      : l10n.t('In the last {0}: {1} operations, {2} under way.', duration(metrics.uptime), `**${operationCount}**`, metrics.queueDepth),
    table([l10n.t('Outcome'), l10n.t('Count'), l10n.t('Last')], [
      [isGuard ? l10n.t('succeeded') : l10n.t('stored'), `${successCount}`, time(metrics.lastSuccessTime)],
      [isGuard ? l10n.t('failed') : l10n.t('not stored'), `${errorCount}`, time(metrics.lastErrorTime)],
      [l10n.t('… of these without an attempt'), `${rejectionCount}`, ''],
      [l10n.t('further attempts'), `${metrics.retryCount}`, ''],
      [l10n.t('attempts that took too long'), `${metrics.timeoutCount}`, ''],
      ...(isGuard ? [] : [[l10n.t('restarted actors'), `${metrics.crashCount}`, '']]),
    ]),
  ];
  if (operationCount > 0) {
    parts.push(`### ${l10n.t('Time per operation')}`, table([l10n.t('average'), 'p50', 'p95', 'p99', l10n.t('longest')], [
      [metrics.averageLatency, latency.p50, latency.p95, latency.p99, latency.max].map(duration),
    ]));
  }
  const errors = Object.entries(metrics.errors);
  if (errors.length > 0) parts.push(`### ${l10n.t('Errors')}`, table([l10n.t('Code'), l10n.t('Count')], errors.map(([code, count]) => [`\`${code}\``, String(count)])));
  const breakers = Object.entries(metrics.breakerTime);
  if (breakers.length > 0) {
    parts.push(`### ${l10n.t('Time in each state of the circuit breakers')}`, table([isGuard ? l10n.t('Guard') : l10n.t('Settings file'), l10n.t('closed'), l10n.t('half open'), l10n.t('open'), l10n.t('Share')], breakers.map(([file, spent]) => (
      [escaped(fileName(file)), duration(spent.CLOSED), duration(spent.HALF_OPEN), duration(spent.OPEN), bar(spent)]
    ))));
  }
  return parts.join('\n\n');
}

/** The share of closed, half open and open: █ ▒ ░. A state that has been in is seen, however short it was. */
function bar({ CLOSED, HALF_OPEN, OPEN }: Readonly<Record<'CLOSED' | 'HALF_OPEN' | 'OPEN', number>>): string {
  const width = 24;
  const all = CLOSED + HALF_OPEN + OPEN;
  const cells = (part: number): number => (part === 0 ? 0 : Math.max(1, Math.round((part / all) * width)));
  const halfOpen = cells(HALF_OPEN);
  const open = Math.min(cells(OPEN), width - halfOpen);
  return `${'█'.repeat(width - halfOpen - open)}${'▒'.repeat(halfOpen)}${'░'.repeat(open)}`;
}

function time(moment: number | undefined): string {
  return moment === undefined ? '' : clockTime(moment);
}
