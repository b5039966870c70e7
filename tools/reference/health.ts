import ts from 'typescript';
import * as yup from 'yup';
import { StoreError } from '../../src/errors.ts';
import type { HealthReport } from '../../src/service/health.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { defineSettings } from '../../src/settings/define-settings.ts';
import { MemoryBackend, MemoryStore } from '../../src/store/memory-store.ts';
import { FaultyStore } from '../../src/testing/faulty-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { commentOf, nodesOf, sourceFile, table } from './source.ts';

const file = 'src/service/health.ts';
const definition = defineSettings('sample', { count: { schema: yup.number().integer().min(1).max(1_000), default: 3, description: 'A number.' } });

interface Life {
  readonly service: ConfigurationService<typeof definition.defaults>;
  readonly store: FaultyStore;
  readonly backend: MemoryBackend;
  readonly clock: VirtualClock;
}

/** Each thing that a report can say, by making it so. */
const stories: readonly (readonly [string, (life: Life) => Promise<unknown>])[] = [
  ['All is well', async ({ service, clock }) => clock.run(service.update('count', 5))],
  ['A stored value is not legal', async ({ backend, clock }) => {
    backend.set({ key: 'count', target: 'user', scope: {} }, 'many');
    await clock.flush();
  }],
  ['The settings cannot be read', async ({ service, store, clock }) => {
    store.failing('load', () => new StoreError('invalid-file', 'It is not valid JSON.'));
    await clock.run(service.reload());
  }],
  ['Other processes cannot be kept away', ({ store }) => Promise.resolve(void (store.lockProblem = () => 'no lock can be made in the temporary folder: ENOSPC'))],
  ['The settings cannot be written', async (life) => outage(life, 1)],
  ['Five writes have failed in a row', async (life) => outage(life, 5)],
  ['Somebody holds the breaker open', async ({ service, clock }) => {
    await clock.run(service.update('count', 5));
    service.hold();
  }],
  ['Many writes are waiting', async ({ service, store }) => {
    store.writeFaults.push({ kind: 'hang' });
    // Values for one setting would take each other's place.
    for (let i = 0; i < 90; i++) service.update('count', (stored) => stored + 1).catch(() => undefined);
  }],
  ['The service is disposed of', async ({ service, clock }) => clock.run(service.dispose())],
];

async function outage({ service, store, clock }: Life, writes: number): Promise<void> {
  store.outage('permission');
  for (let i = 0; i < writes; i++) await clock.run(service.update('count', 5 + i)).catch(() => undefined);
}

async function reportOf(story: (life: Life) => Promise<unknown>): Promise<HealthReport> {
  const clock = new VirtualClock();
  const backend = new MemoryBackend();
  const store = new FaultyStore(new MemoryStore(backend), clock);
  const service = new ConfigurationService(definition, { store, clock });
  await clock.run(service.ready);
  await story({ service, store, backend, clock });
  const report = await clock.run(service.health());
  await clock.run(service.dispose());
  return report;
}

/** The checks of a health report, and what they say when. */
export async function healthReference(): Promise<string> {
  const reports = await Promise.all(stories.map(async ([name, story]) => ({ name, report: await reportOf(story) })));
  const names = checks().map(([name]) => name!);
  return [
    '# Health',
    '`service.status` is the state now, at no cost: `healthy`, `degraded` or `unhealthy`. `service.health()` looks, and gives the reasons; a report is given again for 30 s, unless any state has changed since, so that it never contradicts the breaker or the lifecycle (P60). Reads are served whatever it says.',
    '## The checks',
    table(['check', 'question'], checks().map(([name, comment]) => [`\`${name}\``, comment!])),
    'Each has a `status`, and a `detail` for people. The `status` of the report is the worst of these and of `service.status`; `checkedAt` is when the checks were made, in milliseconds since the Unix epoch.',
    '## What they say',
    'Made by doing each of these to a service:',
    ...reports.map(({ name, report }) => [
      `### ${name}`,
      `The report is \`${report.status}\`.`,
      table(['check', 'status', 'detail'], names.map((check) => {
        const { status, detail } = report.checks[check as keyof HealthReport['checks']];
        return [`\`${check}\``, status, detail];
      })),
    ].join('\n\n')),
  ].join('\n\n');
}

function checks(): string[][] {
  const report = [...nodesOf(sourceFile(file))].find((node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === 'HealthReport');
  const member = report?.members.filter(ts.isPropertySignature).find(({ name }) => name.getText() === 'checks');
  return (member!.type as ts.TypeLiteralNode).members.filter(ts.isPropertySignature).map((each) => [each.name.getText(), commentOf(each)]);
}
