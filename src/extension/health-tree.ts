import { l10n } from 'vscode';
import { member } from '../observe/safe-data.ts';
import { localised } from './library-text.ts';
import { clockTime, fileName } from './markdown.ts';
import { stateOf } from './choose.ts';
import { whatHappened, whatToDo } from './error-text.ts';
import { problemText } from './problem-text.ts';
import type { SettingIssue } from '../service/reads/snapshot.ts';
import type { WatchedService } from './watched-service.ts';
import { healthName, originName, scopeName, shown } from './words.ts';

/** A line of the health view, and what commands must know of it. */
export interface HealthNode {
  readonly kind: 'service' | 'group' | 'write' | 'setting' | 'file' | 'actor' | 'alert' | 'event';
  /** The same for the same thing from one look to the next. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  readonly icon: string;
  /** A colour of the theme. */
  readonly color?: string;
  /** What its inline actions depend on. */
  readonly context: string;
  readonly children?: readonly HealthNode[];
  readonly open?: boolean;
  /** The section of the service, or the id of the guard, that it belongs to. */
  readonly service: string;
  readonly file?: string;
  /** A setting's key. */
  readonly key?: string;
}

const icons = { healthy: 'pass', degraded: 'warning', unhealthy: 'error' } as const;
const colors = { healthy: 'testing.iconPassed', degraded: 'list.warningForeground', unhealthy: 'list.errorForeground' } as const;
const shownEvents = 12;
/** Of those that are over. */
const shownAlerts = 10;

/** Everything there is to see of one service. */
export function healthTree(watched: WatchedService): HealthNode {
  const { view, label, subject: service, isGuard } = watched;
  const groups = [
    group(watched, 'unsaved', l10n.t('Not stored yet'), 'save', unsaved(watched), true),
    group(watched, 'alerts', l10n.t('Alerts'), 'bell', alerts(watched), view.alerts.length > 0, view.alerts.length),
    group(watched, 'settings', l10n.t('Settings'), 'settings-gear', watched.service.definition.keys.map((key) => setting(watched, key, view.issues.filter((issue) => issue.key === key))), view.issues.length > 0),
    group(watched, 'files', isGuard ? l10n.t('Circuit breaker') : l10n.t('Settings files'), isGuard ? 'circuit-board' : 'files', view.breakers.map((breaker) => ({
      kind: 'file', id: breaker.file, label: fileName(breaker.file), file: breaker.file,
      description: [stateOf(breaker), breaker.queueDepth === 0 ? '' : l10n.t('{0} waiting', breaker.queueDepth)].filter(Boolean).join(', '),
      tooltip: l10n.t('{0} failures in a row', breaker.consecutiveFailures),
      icon: breaker.mode === 'CLOSED' ? 'circle-filled' : breaker.mode === 'OPEN' ? 'circle-slash' : 'circle-outline',
      ...(breaker.mode === 'CLOSED' ? {} : { color: 'list.warningForeground' }),
      context: breaker.mode === 'OPEN' ? 'file-open' : 'file',
    })), true),
    group(watched, 'actors', l10n.t('Actors'), 'symbol-event', isGuard ? [] : actors(watched.service.supervisor), false),
    group(watched, 'events', l10n.t('Last events'), 'history', events(watched), false),
  ];
  return {
    kind: 'service', id: isGuard ? `guard:${service}` : service, service, label, description: isGuard ? l10n.t('guard, {0}', healthName(view.health)) : healthName(view.health),
    ...(view.call === undefined ? {} : { tooltip: view.call }),
    icon: icons[view.health], color: colors[view.health], context: 'service', open: true,
    children: groups.filter(({ children }) => children!.length > 0),
  };
}

/** The writes that wait: for the user, then for breakers. */
function unsaved({ unsaved: { all }, view }: WatchedService): Leaf[] {
  const forUser = all.map(({ keys, facts }, index): Leaf => {
    const settings = keys.join(', ');
    // The tooltip is also what a screen reader says of the line.
    const tooltip = [l10n.t('{0} is not stored yet.', settings), whatHappened(facts), whatToDo(facts)].filter(Boolean).join(' ');
    return { kind: 'write', id: `${index} ${settings}`, label: settings, description: whatHappened(facts), tooltip, icon: 'person', color: 'list.warningForeground', context: 'unsaved' };
  });
  const parked = view.breakers.filter(({ mode, queueDepth }) => mode === 'OPEN' && queueDepth > 0).map(({ file, queueDepth }): Leaf => ({
    kind: 'write', id: file, label: fileName(file), icon: 'watch', context: 'parked',
    description: queueDepth === 1 ? l10n.t('one write waits until the circuit breaker closes') : l10n.t('{0} writes wait until the circuit breaker closes', queueDepth),
  }));
  return [...forUser, ...parked];
}

/** Those that last, then those that are over. */
function alerts({ alerts: { active, history } }: WatchedService): Leaf[] {
  const over = history.filter((alert) => !alert.active).slice(0, shownAlerts);
  return [...active, ...over].map((alert) => {
    const { id, message, since, until } = alert;
    return { kind: 'alert', id: `${id} ${since}`, label: localised(message), context: 'alert', ...when(since, until) };
  });
}

function when(since: number, until: number | undefined): Pick<HealthNode, 'icon'> & Partial<Pick<HealthNode, 'description' | 'color'>> {
  return until === undefined
    ? { description: l10n.t('since {0}', clockTime(since)), icon: 'bell-dot', color: 'list.warningForeground' }
    : { description: l10n.t('{0} to {1}, over', clockTime(since), clockTime(until)), icon: 'bell-slash' };
}

type Leaf = Omit<HealthNode, 'service' | 'children'>;

function group({ subject: service }: WatchedService, name: string, label: string, icon: string, leaves: readonly Leaf[], open: boolean, count = leaves.length): HealthNode {
  // VS Code remembers what is open by the id: trouble opens a group all the same.
  const id = `${service} ${name}${open ? ' open' : ''}`;
  return {
    kind: 'group', id, service, label, icon, open, context: 'group', description: String(count),
    children: leaves.map((leaf) => ({ ...leaf, id: `${id} ${leaf.id}`, service })),
  };
}

function setting({ service }: WatchedService, key: string, issues: readonly SettingIssue[]): Leaf {
  const { value, origin, problem, ignored = [], formerly = {} } = service.inspect(key);
  const secret = service.definition.isSecret(key);
  const text = secret ? String(value) : shown(value);
  const wrong = (found: string): string => (secret ? l10n.t('The stored value is not legal.') : l10n.t('The stored value is not legal: {0}', found));
  const elsewhere = issues.flatMap((issue) => (issue.scope === undefined ? [] : [`${scopeName(issue.scope)}: ${wrong(issue.problem)}`]));
  const isWrong = problem !== undefined || elsewhere.length > 0;
  const notes = [
    problem === undefined ? '' : wrong(problemText(service, key, problem)),
    ...elsewhere,
    Object.keys(formerly).length === 0 ? '' : l10n.t('A value of an earlier version is understood.'),
    ignored.length === 0 ? '' : l10n.t('What an untrusted workspace says of it is ignored.'),
  ].filter(Boolean);
  return {
    kind: 'setting', id: key, key, label: key, description: `${text} (${originName(origin)})`,
    ...(notes.length === 0 ? {} : { tooltip: notes.join('\n') }),
    icon: isWrong ? 'warning' : ignored.length > 0 || origin === 'policy' ? 'lock' : 'check',
    ...(!isWrong ? {} : { color: 'list.warningForeground' }),
    context: 'setting',
  };
}

/** The supervisor and its children, by what their snapshots say: they may be of another copy of xstate. */
function actors(supervisor: { getSnapshot(): unknown }): Leaf[] {
  const snapshot = supervisor.getSnapshot();
  const children = member(snapshot, 'children');
  const found: [string, unknown][] = [['supervisor', snapshot]];
  for (const [id, child] of Object.entries(typeof children === 'object' && children !== null ? children : {})) {
    found.push([id, (child as { getSnapshot?: () => unknown } | undefined)?.getSnapshot?.()]);
  }
  return found.map(([id, state]) => ({ kind: 'actor', id, label: actorName(id), description: stateName(member(state, 'value')), icon: 'circuit-board', context: 'actor' }));
}

/** `breaker:file:///…` with the file's short name. */
function actorName(id: string): string {
  const [kind, ...file] = id.split(':');
  return file.length === 0 ? id : `${kind} ${fileName(file.join(':'))}`;
}

function stateName(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value).map(([name, inner]) => [name, stateName(inner)].filter(Boolean).join('.')).join(', ');
}

function events({ log }: WatchedService): Leaf[] {
  const entryIcons = { debug: 'debug', info: 'info', warn: 'warning', error: 'error' } as const;
  return log.entries.filter(({ level }) => level !== 'debug').slice(-shownEvents).reverse().map(({ timestamp, level, message }, index) => ({
    kind: 'event', id: `${timestamp} ${index}`, label: localised(message), description: clockTime(Date.parse(timestamp)), icon: entryIcons[level], context: 'event',
  }));
}
