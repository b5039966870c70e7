import { attributeMeanings, attributes, durationBuckets, events, guardInstruments, instruments, scope, serviceAttributes, spans, type InstrumentDescription } from '../../src/observe/telemetry-names.ts';
import { table } from './source.ts';

const instrumentsTable = (all: Readonly<Record<string, InstrumentDescription>>): string => (
  table(['name', 'kind', 'unit', 'what it is', 'attributes'], Object.values(all).map(({ name, kind, unit, description, attributes: own }) => [
    `\`${name}\``, kind, `\`${unit}\``, description, own.map((each) => `\`${each}\``).join(', '),
  ]))
);

/** What OpenTelemetry is told: every instrument, span, event and attribute. */
export function openTelemetryReference(): string {
  const of = Object.values(serviceAttributes).map((name) => `\`${name}\``).join(' and ');
  return [
    '# OpenTelemetry',
    `[How to use it](../guides/opentelemetry.md). The tracer, the meter and the logger are named \`${scope}\`. Everything has ${of}.`,
    '## Instruments',
    instrumentsTable(instruments),
    'Of a guard that is visible (`superviseGuard`), where what is called the same is the same, without a settings file:',
    instrumentsTable(guardInstruments),
    `The buckets of \`${instruments.writeDuration.name}\` end at ${durationBuckets.join(', ')} s; percentiles come from it. \`${guardInstruments.writeDuration.name}\` has the same.`,
    '## Spans',
    `\`${spans.write}\`: one for each write, from its call to its settlement; a root. There is none for a guard's calls. With the status \`ERROR\` when it has failed. Its events: \`${spans.attempt}\` for each attempt, with its outcome, and \`${spans.breaker}\` when the circuit breaker of the file changed during a write that had failed attempts.`,
    '## Events and logs',
    `Log records with an \`eventName\`: \`${events.breaker}\` for each change of a circuit breaker, \`${events.alert}\` for an alert that is raised or over. Log records without one are the entries of the service's log; of their context, numbers and the library's own words arrive, as \`holdfast.log.*\`.`,
    '## Attributes',
    table(['name', 'what it says'], Object.entries(attributes).map(([key, name]) => [`\`${name}\``, attributeMeanings[key as keyof typeof attributes]])),
  ].join('\n\n');
}
