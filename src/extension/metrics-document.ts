import type { Metrics } from '../service/metrics.ts';
import { clockTime, duration, escaped, fileName, table } from './markdown.ts';

export interface MetricsPage {
  readonly label: string;
  readonly metrics: Metrics;
}

/** The metrics of all services, as Markdown. */
export function metricsDocument(pages: readonly MetricsPage[], now: number): string {
  const title = `# Settings: metrics\n\n*${new Date(now).toLocaleString()}*`;
  if (pages.length === 0) return `${title}\n\nNo extension in this window uses Holdfast.\n`;
  return `${[title, ...pages.map(servicePart)].join('\n\n')}\n`;
}

function servicePart({ label, metrics }: MetricsPage): string {
  const { operationCount, successCount, errorCount, rejectionCount, latency } = metrics;
  const parts = [
    `## ${escaped(label)}`,
    `In the last ${duration(metrics.uptime)}: **${operationCount}** ${operationCount === 1 ? 'operation' : 'operations'}, ${metrics.queueDepth} under way.`,
    table(['Outcome', 'Count', 'Last'], [
      ['stored', `${successCount}`, time(metrics.lastSuccessTime)],
      ['not stored', `${errorCount}`, time(metrics.lastErrorTime)],
      ['… of these without an attempt', `${rejectionCount}`, ''],
      ['further attempts', `${metrics.retryCount}`, ''],
      ['attempts that took too long', `${metrics.timeoutCount}`, ''],
      ['restarted actors', `${metrics.crashCount}`, ''],
    ]),
  ];
  if (operationCount > 0) {
    parts.push('### Time per operation', table(['average', 'p50', 'p95', 'p99', 'longest'], [
      [metrics.averageLatency, latency.p50, latency.p95, latency.p99, latency.max].map(duration),
    ]));
  }
  const errors = Object.entries(metrics.errors);
  if (errors.length > 0) parts.push('### Errors', table(['Code', 'Count'], errors.map(([code, count]) => [`\`${code}\``, String(count)])));
  const breakers = Object.entries(metrics.breakerTime);
  if (breakers.length > 0) {
    parts.push('### Time in each state of the circuit breakers', table(['Settings file', 'closed', 'half open', 'open', ''], breakers.map(([file, spent]) => (
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
