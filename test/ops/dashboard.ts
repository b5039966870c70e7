import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { PrometheusApi } from '../../tools/prometheus.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

interface Target { readonly expr: string }
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

/** Runs every query of ops/grafana-dashboard.json as Grafana would. */
export async function checkDashboard(prometheus: PrometheusApi): Promise<void> {
  const { panels, templating, annotations } = JSON.parse(readFileSync(path.join(projectRoot, 'ops/grafana-dashboard.json'), 'utf8')) as Dashboard;
  const chosen: Record<string, string> = { __rate_interval: '1m' };

  for (const { name, type, definition } of templating.list.filter(({ type }) => type === 'query')) {
    const [, match, label] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? [];
    const values = await prometheus.labelValues(label!, filled(match!, chosen));
    expect(values, `the choice of ${name} (${type})`).not.to.deep.equal([]);
    chosen[name] = values.join('|');
  }

  const queries = [
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ what: title, query: filled(expr, chosen) }))),
    ...annotations.list.map(({ name, expr }) => ({ what: name, query: filled(expr, chosen) })),
  ];
  expect(queries.length).to.be.greaterThan(20);

  // A count of nothing is nothing, and shown as 0: what is counted has to be there all the same.
  const names = new Set(queries.flatMap(({ query }) => query.match(/\bholdfast[\w:]+(?=\{)|\bALERTS\b/g) ?? []));
  expect(names.size).to.be.greaterThan(12);
  const unknown = await Promise.all([...names].map(async (name) => ((await prometheus.query(`count(${name})`)).length === 0 ? [name] : [])));
  expect(unknown.flat(), 'metrics that there are not').to.deep.equal([]);

  const answers = await Promise.all(queries.map(async ({ what, query }) => ({ what, query, found: await prometheus.query(query) })));
  expect(answers.filter(({ found }) => found.length === 0).map(({ what, query }) => `${what}: ${query}`), 'without data').to.deep.equal([]);
}

/** With the variables that are set. */
function filled(query: string, variables: Readonly<Record<string, string>>): string {
  return query.replaceAll(/\$(\w+)/g, (text, name: string) => variables[name] ?? text);
}
