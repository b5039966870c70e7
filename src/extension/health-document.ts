import type { LogEntry } from '../observe/log.ts';
import type { BreakerStatus } from '../service/service.ts';
import { clockTime, duration, escaped, fileName, table } from './markdown.ts';
import type { ServiceView } from './watched-service.ts';

export interface HealthPage {
  readonly view: ServiceView;
  /** The last of its log, oldest first. */
  readonly entries: readonly LogEntry[];
}

const marks = { healthy: '●', degraded: '◐', unhealthy: '○' } as const;
const checkNames = { api: 'Values served', access: 'Settings writable', breaker: 'Circuit breakers', resources: 'Queues' } as const;

/** The health of all services, as Markdown. */
export function healthDocument(pages: readonly HealthPage[], now: number): string {
  const title = `# Settings: health\n\n*${new Date(now).toLocaleString()}*`;
  if (pages.length === 0) return `${title}\n\nNo extension in this window uses Holdfast.\n`;
  return `${[title, ...pages.map(servicePart)].join('\n\n')}\n`;
}

function servicePart({ view, entries }: HealthPage): string {
  const parts = [`## ${marks[view.health]} ${escaped(view.label)} is ${view.health}`];
  if (view.health !== 'healthy' && view.call !== undefined) parts.push(`> **What to do.** ${escaped(view.call)}`);
  if (view.report !== undefined) {
    const { checks } = view.report;
    parts.push(table(['', 'Check', 'Finding'], Object.entries(checkNames).map(([name, title]) => {
      const { status, detail } = checks[name as keyof typeof checks];
      return [marks[status], title, escaped(detail)];
    })));
  }
  if (view.breakers.length > 0) {
    parts.push('### Circuit breakers', table(['Settings file', 'State', 'Next probe', 'Failures in a row', 'Writes waiting'], view.breakers.map(breakerRow)));
  }
  if (view.issues.length > 0) {
    parts.push('### Settings that fall back', table(['Setting', 'The stored value', 'From', 'Served'], view.issues.map(({ key, problem, layer, served }) => (
      [`\`${view.label}.${key}\``, escaped(problem), layer ?? '', served]
    ))));
  }
  if (view.alerts.length > 0) parts.push('### Alerts', view.alerts.map((message) => `- ${escaped(message)}`).join('\n'));
  const news = entries.filter(({ level }) => level !== 'debug').slice(-10).reverse();
  if (news.length > 0) {
    parts.push('### Lately', table(['Time', 'Level', 'What happened'], news.map(({ timestamp, level, message }) => (
      [clockTime(Date.parse(timestamp)), level, escaped(message)]
    ))));
  }
  return parts.join('\n\n');
}

function breakerRow({ file, mode, held, retryAfter, consecutiveFailures, queueDepth }: BreakerStatus): string[] {
  const state = held ? 'held open' : { CLOSED: 'closed', OPEN: 'open', HALF_OPEN: 'half open' }[mode];
  const probe = mode === 'HALF_OPEN' ? 'with the next write' : retryAfter === undefined ? '' : `in ${duration(retryAfter)} or earlier`;
  return [escaped(fileName(file)), state, probe, String(consecutiveFailures), String(queueDepth)];
}
