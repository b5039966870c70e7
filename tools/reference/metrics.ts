import ts from 'typescript';
import { families } from '../../src/observe/prometheus-families.ts';
import { commentOf, nodesOf, sourceFile, table } from './source.ts';

const file = 'src/service/metrics.ts';

/** The metrics: what `metrics()` gives, and what Prometheus scrapes. */
export function metricsReference(): string {
  return [
    '# Metrics',
    'Counted while the service works: an operation costs a few additions, and reading them costs nothing to those that write. One operation counts once, whatever its attempts (P61). The [guide](../monitoring.md) sets up a dashboard.',
    '## In the program: `service.metrics()`',
    'A snapshot. Times are in milliseconds; `resetMetrics()` sets all to zero.',
    table(['member', 'type', ''], members('Metrics')),
    '### latency',
    commentOf(interfaceNamed('Latency')),
    table(['member', 'type', ''], members('Latency')),
    'The percentiles come from a histogram of fixed size with logarithmic buckets, 44 for each doubling, from a microsecond to 18 minutes: 2^(1/44) is 1.016, hence the bound. A test checks it on random latencies.',
    '## For Prometheus: `prometheusText(services)`',
    'Every series has the labels `service` (the section of the settings) and `instance_id` (the `id` of the service) beside its own. A guard that is visible (`superviseGuard`) has its name as `service`, and no `file`; keys of guards by key are nowhere. `holdfast_services` and `holdfast_unreadable_services` (gauges without labels) count those that are scraped, and those that could not be asked.',
    table(['metric', 'type', 'labels', ''], families.map(({ name, type, labels, help }) => [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help])),
  ].join('\n\n');
}

function interfaceNamed(name: string): ts.InterfaceDeclaration {
  const found = [...nodesOf(sourceFile(file))].find((node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name);
  if (found === undefined) throw new Error(`There is no interface ${name} in ${file} any more: see tools/reference/metrics.ts.`);
  return found;
}

function members(name: string): string[][] {
  return interfaceNamed(name).members.filter(ts.isPropertySignature).map((member) => [`\`${member.name.getText()}\``, `\`${member.type?.getText() ?? ''}\``, commentOf(member)]);
}
