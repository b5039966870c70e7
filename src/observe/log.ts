import { systemClock, type Clock } from '../clock.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { SettingIssue } from '../service/reads/snapshot.ts';
import type { Disposable } from '../store/store.ts';
import { describe, type LogLevel } from './describe.ts';
import type { ObservedService } from './observed-service.ts';
import { PatientSink } from './patient-sink.ts';
import { Repetition } from './repetition.ts';
import { member, safeData, type SafeData } from './safe-data.ts';

export type { LogLevel };

/** One line of a log. Whatever else is in it is context: plain data of bounded size, and never the value of a setting. */
export interface LogEntry {
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly message: string;
  /** Which instance: the service's id. */
  readonly instanceId: string;
  /** Which service: its section of settings. */
  readonly service: string;
  readonly [context: string]: SafeData;
}

/**
 * Where entries go. What it throws is ignored. It may return a promise, which is not waited for, and whose rejection is
 * ignored. When it is slow it is passed over for a while, and told afterwards how much it lacks (P12).
 */
export interface LogSink {
  write(entry: LogEntry): void;
}

export interface LogOptions {
  readonly clock?: Clock;
  /** What is said again within this time is counted instead, in milliseconds. Default 5,000. */
  readonly repeatWindow?: number;
}

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** A structured log: entries of one shape, to any number of sinks. */
export class Log {
  readonly #source: { readonly instanceId: string; readonly service: string };
  readonly #sinks: readonly LogSink[];
  readonly #clock: Clock;
  readonly #repetition: Repetition<Line>;

  constructor(source: { readonly instanceId: string; readonly service: string }, sinks: readonly LogSink[], options: LogOptions = {}) {
    this.#source = source;
    this.#clock = options.clock ?? systemClock;
    this.#sinks = sinks.map((sink) => new PatientSink(sink, this.#clock));
    this.#repetition = new Repetition(this.#clock, options.repeatWindow ?? 5_000, (line, repeated) => this.#say(line, repeated));
  }

  write(level: LogLevel, message: string, context: Readonly<Record<string, unknown>> = {}): void {
    this.#repetition.add(`${level} ${message}`, { level, message, context });
  }

  /** Writes what is held back because it was said before. */
  flush(): void {
    this.#repetition.flush();
  }

  #say({ level, message, context }: Line, repeated: number): void {
    const times = repeated === 1 ? 'once' : `${repeated} times`;
    const entry: LogEntry = {
      timestamp: new Date(this.#clock.wallTime()).toISOString(),
      level,
      message: repeated === 0 ? message : `${message} (repeated ${times})`,
      ...this.#source,
    };
    addContext(entry, repeated === 0 ? context : { ...context, repeated });
    Object.freeze(entry);
    for (const sink of this.#sinks) sink.write(entry);
  }
}

export interface ServiceLog extends Disposable {
  write(level: LogLevel, message: string, context?: Readonly<Record<string, unknown>>): void;
}

/** Logs what happens in a service, until this is disposed of; takes further entries as well. */
export function logService(service: ObservedService, sinks: readonly LogSink[], options?: LogOptions): ServiceLog {
  const log = new Log({ instanceId: service.id, service: service.definition.section || service.id }, sinks, options);
  const tell = (event: ServiceEvent): void => {
    const { level, message, context } = describe(service, event);
    log.write(level, message, context);
  };
  const subscription = service.onEvent((event) => {
    tell(event);
    if (member(event, 'type') === 'disposed') log.flush();
  });
  tellBeginning(service, log, tell);
  return {
    write: (level, message, context) => log.write(level, message, context),
    dispose: () => {
      subscription.dispose();
      log.flush();
    },
  };
}

/** What was told before the log was attached and is still so: the state of the service, and the values that fall back. */
function tellBeginning(service: ObservedService, log: Log, tell: (event: ServiceEvent) => void): void {
  const { status, issues = [] } = service;
  if (status !== undefined) log.write('info', `The log begins: the service is ${status}.`);
  // `describe` survives an issue of which another implementation tells the key alone.
  for (const issue of issues) tell({ type: 'invalid', issue: issue as SettingIssue });
}

/** The entry's own fields come first, and cannot be overwritten: context of the same name is set apart. */
function addContext(entry: LogEntry, context: Readonly<Record<string, unknown>>): void {
  const safe = safeData(context);
  if (typeof safe !== 'object' || safe === null) return;
  for (const [name, value] of Object.entries(safe)) {
    const free = Object.hasOwn(entry, name) ? `context.${name}` : name;
    Object.defineProperty(entry, free, { value, enumerable: true });
  }
}
