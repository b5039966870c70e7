import ts from 'typescript';
import { AbortedError, CircuitOpenError, StoreError, ValidationError } from '../../src/errors.ts';
import { describe } from '../../src/observe/describe.ts';
import type { ObservedService } from '../../src/observe/observed-service.ts';
import type { ServiceEvent } from '../../src/service/events.ts';
import { commentOf, nodesOf, sourceFile, table } from './source.ts';

type Samples = { readonly [T in Exclude<ServiceEvent['type'], GuardsOwn>]: readonly Omit<Extract<ServiceEvent, { type: T }>, 'type'>[] };

/** What guards alone tell. */
type GuardsOwn = 'succeeded' | 'guard';

const [file, key, keys, latency] = ['user settings', 'name', ['name'], 1.5] as const;
const error = new StoreError('dirty', 'It has unsaved changes.');
const issue = { key, problem: 'must be short', layer: 'user', served: 'default' } as const;

/** Each kind of event in each way that it is told; the compiler sees to it that none is missing. */
const samples: Samples = {
  'health': [{ health: 'healthy', before: 'degraded' }, { health: 'degraded', before: 'healthy' }, { health: 'unhealthy', before: 'degraded' }],
  'breaker': [{ file, from: 'CLOSED', to: 'OPEN' }, { file, from: 'OPEN', to: 'HALF_OPEN' }, { file, from: 'HALF_OPEN', to: 'CLOSED' }],
  'loaded': [{ changed: keys, issues: [] }],
  'load-failed': [{ error }],
  'invalid': [{ issue }],
  'mended': [{ key }],
  'stored': [{ keys, file, latency }, { keys, file, latency, shadowedBy: 'workspace' }],
  'failed': [{ keys, file, error, latency }, { keys, file, error: new CircuitOpenError(file, 1), latency }, { keys, file, error: new ValidationError(key, 'must be short'), latency }],
  'parked': [{ keys, file }],
  'attempt-failed': [{ file, attempt: 1, error }],
  'late': [{ key, file, outcome: 'not stored', reasserted: false }, { key, file, outcome: 'stored', reasserted: false }, { key, file, outcome: 'stored', reasserted: true }],
  'reconciled': [{ key, acceptedAt: 0, outcome: 'stored' }, { key, acceptedAt: 0, outcome: 'unknown' }],
  'crash': [{ actor: 'lifecycle', error, givenUp: false }, { actor: 'lifecycle', error, givenUp: true }],
  'warning': [{ message: 'A listener of a setting threw.', error }],
  'disposed': [{ unsettled: 0 }, { unsettled: 2 }],
};

/** Each kind of event of a guard. */
const ofGuard: { readonly [T in GuardsOwn | 'health' | 'breaker' | 'failed' | 'attempt-failed' | 'disposed']: readonly Omit<Extract<ServiceEvent, { type: T }>, 'type'>[] } = {
  'health': samples.health,
  'breaker': samples.breaker,
  'succeeded': [{ latency }],
  'failed': [{ keys: [], file: 'git', error: new TypeError('…'), latency }, { keys: [], file: 'git', error: new CircuitOpenError('git', 1), latency }, { keys: [], file: 'git', error: new AbortedError('git', 'unknown'), latency }],
  'attempt-failed': samples['attempt-failed'],
  'guard': ([
    { type: 'late', attempt: 1, ok: true }, { type: 'fallback', error, age: 1 }, { type: 'retry-refused' }, { type: 'retry-after-ignored', retryAfter: -1 },
    { type: 'queue-full' }, { type: 'queue-slow', waiting: 3, waited: 5_000 },
  ] as const).map((event) => ({ event })),
  'disposed': [{ unsettled: 0 }],
};

const service: ObservedService = {
  id: 'publisher.extension',
  definition: { section: 'nofx', keys, isSecret: () => false },
  get: () => undefined,
  inspect: () => ({ layers: {} }),
  breakers: () => [],
  onEvent: () => ({ dispose: () => undefined }),
};

/** The log: its fields, and what is said of each event at which level. */
export function logReference(): string {
  const told = messages(service, samples);
  const toldOfGuards = messages({ ...service, kind: 'guard' }, ofGuard);
  return [
    '# Logs',
    '`logService(service, sinks)` tells what happens in a service, in entries of one shape. Sinks: `FileLog` (lines of JSON, in files that rotate), `MemoryLog` (the last entries), your own (`write(entry)`); in VS Code, the log output channel *Holdfast*.',
    '## Fields',
    table(['field', 'type', ''], [...fields('src/observe/log.ts', 'LogEntry'), ['…', '', 'The context: see below. Where it would have the name of a field above, `context.` is put before it.']]),
    'A context is plain data of bounded size, whatever was in it: circular values, BigInt, getters that throw. It has no values of settings; texts of errors have those of secret settings taken out.',
    '## Messages',
    'The same thing has the same message each time: what differs is in the context, but for names of settings and reasons. In the log output channel and in files `debug` is not shown unless it is asked for.',
    told,
    'Of a guard that is visible (`superviseGuard`):',
    toldOfGuards,
    '`error` is:',
    table(['field', 'type', ''], fields('src/observe/error-facts.ts', 'ErrorFacts')),
    '## What is said again and again',
    'The same message at the same level within `repeatWindow` (5 s) is counted and not written; then it is said once more, with `(repeated 412 times)` at the end of the message and `repeated` in the context, and so on once a window while it lasts.',
    '## Sinks that fail',
    'What a sink throws or rejects is ignored, and the other sinks go on. A sink is called within the program, so that one which is slow in its call holds it up, and that cannot be prevented; it is measured. One that has taken more than 1 % of the time, and more than a second at once, is passed over until it has not. A sink that returns promises is not waited for; while a thousand of them have not settled it is passed over too. Afterwards it is told how many entries it has missed. `FileLog` never waits for the disk.',
    '### FileLogOptions',
    table(['option', 'type', ''], fields('src/observe/file-log.ts', 'FileLogOptions')),
    'What cannot be written is lost, never thrown: `errorCount` and `lostCount` count, `lastError` says why.',
  ].join('\n\n');
}

function messages(of: ObservedService, events: Readonly<Record<string, readonly object[]>>): string {
  const told = Object.entries(events).flatMap(([type, each]) => each.map((event) => ({ type, ...describe(of, { type, ...event } as ServiceEvent) })));
  return table(['event', 'level', 'message', 'context'], told.map(({ type, level, message, context }) => [
    `\`${type}\``, `\`${level}\``, message, Object.keys(context).map((name) => `\`${name}\``).join(', '),
  ]));
}

function fields(name: string, of: string): string[][] {
  const declaration = [...nodesOf(sourceFile(name))].find((node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === of);
  if (declaration === undefined) throw new Error(`There is no interface ${of} in ${name} any more: see tools/reference/logs.ts.`);
  return declaration.members.filter(ts.isPropertySignature).map((member) => [`\`${member.name.getText()}\``, `\`${member.type?.getText() ?? ''}\``, commentOf(member)]);
}
