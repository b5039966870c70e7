import { ROOT_CONTEXT, SpanStatusCode, type Context, type ContextAPI, type HrTime, type Tracer } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import type { ServiceEvent, WriteAttempt } from '../service/events.ts';
import type { Disposable } from '../store/store.ts';
import type { ObservedService } from './observed-service.ts';
import { isWord, type Attributes, type TelemetryFacts } from './telemetry-facts.ts';
import { attributes, spans } from './telemetry-names.ts';

type WriteEvent = Extract<ServiceEvent, { type: 'stored' | 'failed' }>;

interface BreakerChange {
  readonly file: string;
  readonly at: number;
  readonly attributes: Attributes;
}

/** Changes remembered, to be told with the writes whose attempts they go with. */
const keptChanges = 64;

/**
 * A span for each write, made when it has ended; there is none for a guard's calls, which may be a multitude. Its parent is the span that was active when the write was asked for; of a
 * service that does not tell, it has none.
 */
export class WriteSpans implements Disposable {
  readonly #tracer: Tracer;
  readonly #facts: TelemetryFacts;
  readonly #clock: Clock;
  readonly #changes: BreakerChange[] = [];
  readonly #parent: () => Context;
  readonly #capturing: Disposable | undefined;

  constructor(service: ObservedService, tracer: Tracer, context: Pick<ContextAPI, 'active'>, facts: TelemetryFacts, clock: Clock) {
    this.#tracer = tracer;
    this.#facts = facts;
    this.#clock = clock;
    this.#parent = () => context.active();
    this.#capturing = service.onWrite?.(this.#parent);
  }

  dispose(): void {
    this.#capturing?.dispose();
  }

  onEvent(event: ServiceEvent): void {
    if (this.#facts.isGuard) return;
    if (event.type === 'breaker') this.#noteChange(event.file, breakerChange(this.#facts, event));
    else if (event.type === 'stored' || event.type === 'failed') this.#tell(event);
  }

  #noteChange(file: string, attributes: Attributes): void {
    if (this.#changes.push({ file, at: this.#clock.wallTime(), attributes }) > keptChanges) this.#changes.shift();
  }

  #tell(event: WriteEvent): void {
    const facts = this.#facts;
    const { keys, file, latency, attempts: failures = [] } = event;
    const ended = this.#clock.wallTime();
    const started = ended - latency;
    const error = event.type === 'failed' ? facts.error(event.error) : undefined;
    const span = this.#tracer.startSpan(spans.write, {
      startTime: hrTime(started),
      attributes: {
        ...facts.service,
        [attributes.keys]: facts.keys(keys),
        [attributes.outcome]: event.type,
        [attributes.attempts]: failures.length + (event.type === 'stored' ? 1 : 0),
        ...(file === undefined ? {} : { [attributes.file]: facts.file(file) }),
        ...(event.type === 'stored' && event.shadowedBy !== undefined && isWord(event.shadowedBy) ? { [attributes.shadowedBy]: event.shadowedBy } : {}),
        ...error,
      },
    }, (event.origin?.get(this.#parent) as Context | undefined) ?? ROOT_CONTEXT);
    for (const attempt of failures) span.addEvent(spans.attempt, this.#failed(attempt), hrTime(attempt.endedAt));
    for (const change of failures.length === 0 ? [] : this.#changes) {
      if (change.file === file && change.at >= started) span.addEvent(spans.breaker, change.attributes, hrTime(change.at));
    }
    if (event.type === 'stored') {
      span.addEvent(spans.attempt, { [attributes.attempt]: (failures.at(-1)?.number ?? 0) + 1, [attributes.attemptOutcome]: 'succeeded' }, hrTime(ended));
    }
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(hrTime(ended));
  }

  #failed({ number, error, duration }: WriteAttempt): Attributes {
    return { [attributes.attempt]: number, [attributes.attemptOutcome]: 'failed', [attributes.attemptDuration]: duration / 1_000, ...this.#facts.error(error) };
  }
}

export function breakerChange(facts: TelemetryFacts, { file, from, to }: Extract<ServiceEvent, { type: 'breaker' }>): Attributes {
  return { ...facts.fileOf(file), [attributes.breakerBefore]: from.toLowerCase(), [attributes.breakerState]: to.toLowerCase() };
}

/** Seconds and nanoseconds: a number alone would be taken for one of `performance.now()` when it is small. */
export function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
}
