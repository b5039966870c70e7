import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { load } from 'js-yaml';
import { prometheusText } from '../../src/observe/prometheus.ts';
import { hasPrometheus, howToInstall, promtool } from '../../tools/prometheus.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { bench } from '../unit/service/support.ts';

const ops = (name: string): string => path.join(projectRoot, 'ops', name);
const read = <T>(name: string): T => load(readFileSync(ops(name), 'utf8')) as T;

describe('What Prometheus says of', () => {
  before(function () {
    // Where everything must be tested, its absence is a failure.
    if (hasPrometheus() || process.env['CI']) return;
    console.log(`      ${howToInstall}`);
    this.skip();
  });

  it('the text of services: promtool check metrics', async () => {
    const { service, store, end, openBreaker, clock } = await bench();
    const { service: other } = await bench({ id: 'quo"ted\\ \n name' });
    for (const kind of ['lag', 'fail', 'hang'] as const) store.writeFaults.push({ kind, delay: 100, reason: 'io' } as never);
    await end(service.update('count', 1));
    await openBreaker();
    const checked = promtool(['check', 'metrics'], prometheusText([service, other]));
    expect(checked).to.deep.equal({ ok: true, said: '' });
    for (const each of [service, other]) await clock.run(each.dispose());
  });

  it('a text that is not right: promtool does find it', () => {
    expect(promtool(['check', 'metrics'], '# TYPE holdfast_x counter\nholdfast_x{a="b} 1\n').ok).to.equal(false);
  });

  it('the rules and the configuration: promtool check', () => {
    expect(promtool(['check', 'rules', ops('alerts.yml')])).to.include({ ok: true });
    expect(promtool(['check', 'config', ops('prometheus.yml')])).to.include({ ok: true });
  });

  it('when the alerts fire: promtool test rules', () => {
    const { ok, said } = promtool(['test', 'rules', ops('alerts.test.yml')]);
    expect(ok, said).to.equal(true);
  });
});

describe('The rules for alerts', () => {
  interface Rules { readonly groups: readonly { readonly rules: readonly { readonly alert?: string; readonly expr: string }[] }[] }
  interface Tests { readonly tests: readonly { readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[] }[] }

  it('are each tested: that it fires, and that it does not', () => {
    const alerts = read<Rules>('alerts.yml').groups.flatMap(({ rules }) => rules).flatMap(({ alert }) => alert ?? []);
    const tests = read<Tests>('alerts.test.yml').tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const without = (fires: boolean): string[] => alerts.filter((alert) => !tests.some(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length > 0 === fires));
    expect(alerts.length).to.be.greaterThan(10);
    expect(without(true), 'no test that it fires').to.deep.equal([]);
    expect(without(false), 'no test that it does not').to.deep.equal([]);
  });
});
