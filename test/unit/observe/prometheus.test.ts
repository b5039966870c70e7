import { expect } from 'chai';
import { families } from '../../../src/observe/prometheus-families.ts';
import { prometheusText, type MeasuredService } from '../../../src/observe/prometheus.ts';
import fc from '../../fast-check.ts';
import { bench, leavesNothing, type Service } from '../service/support.ts';

/** What a scraper reads: each series with its labels, as the format describes them. Throws for what is not of the format. */
function scrape(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.trimEnd().split('\n').filter((each) => !each.startsWith('#'))) {
    const match = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line);
    if (match === null) throw new Error(`Not of the format: ${line}`);
    const [, name, labels = '', value] = match;
    const key = labels === '' ? name! : `${name}{${labels}}`;
    if (series.has(key)) throw new Error(`Twice: ${key}`);
    series.set(key, Number(value!.replace('Inf', 'Infinity')));
  }
  return series;
}

const base = 'service="test",instance_id="test"';

describe('prometheusText', () => {
  leavesNothing();

  it('P61 P62 says what the metrics say, in seconds', async () => {
    const { service, store, end, clock, openBreaker } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 250 });
    await end(service.update('count', 1));
    await end(service.update('count', -1));
    await openBreaker();
    await end(service.update('count', 2));
    await clock.advance(2_000);
    const series = scrape(prometheusText([service]));
    const value = (name: string, labels = ''): number | undefined => series.get(`${name}{${base}${labels}}`);
    expect(value('holdfast_operations_total', ',outcome="success"')).to.equal(1);
    expect(value('holdfast_operations_total', ',outcome="error"')).to.equal(7);
    expect(value('holdfast_operation_errors_total', ',code="STORE"')).to.equal(5);
    expect(value('holdfast_operation_errors_total', ',code="CIRCUIT_OPEN"')).to.equal(1);
    expect(value('holdfast_operation_errors_total', ',code="TIMEOUT"'), 'what has not happened').to.equal(0);
    expect(value('holdfast_rejections_total')).to.equal(2);
    expect(value('holdfast_operation_duration_seconds_count')).to.equal(8);
    expect(value('holdfast_operation_duration_seconds_sum')).to.equal(0.25);
    expect(value('holdfast_operation_duration_seconds_bucket', ',le="0.131072"')).to.equal(7);
    expect(value('holdfast_operation_duration_seconds_bucket', ',le="0.262144"')).to.equal(8);
    expect(value('holdfast_operation_duration_seconds_bucket', ',le="+Inf"')).to.equal(8);
    expect(value('holdfast_health_status', ',status="unhealthy"')).to.equal(1);
    expect(value('holdfast_health_status', ',status="healthy"')).to.equal(0);
    expect(value('holdfast_breaker_state', ',file="user settings",state="open"')).to.equal(1);
    expect(value('holdfast_breaker_state_seconds_total', ',file="user settings",state="open"')).to.equal(2);
    expect(value('holdfast_last_success_timestamp_seconds')).to.equal(service.metrics().lastSuccessTime! / 1_000);
    expect(value('holdfast_queue_capacity')).to.equal(100);
    expect(value('holdfast_uptime_seconds')).to.equal(2.25);
  });

  it('has no series for what is not known, and one for every family once something has happened', async () => {
    const { service, end } = await bench();
    expect(prometheusText([service])).not.to.include('holdfast_last_success_timestamp_seconds').and.not.to.include('holdfast_breaker_state');
    await end(service.update('count', 1));
    await end(service.update('count', -1));
    const text = prometheusText([service]);
    expect(families.filter(({ name, type }) => !text.includes(`# TYPE ${name} ${type}\n${name}`))).to.deep.equal([]);
  });

  it('declares exactly the labels that it writes', async () => {
    const { service, end } = await bench();
    await end(service.update('count', 1));
    const now = { isGuard: false, status: service.status, issues: 0, metrics: service.metrics(), breakers: service.breakers() };
    for (const { name, labels, samples } of families) {
      const used = new Set(samples(now).flatMap((sample) => Object.keys(sample.labels ?? {})));
      expect([...used].sort(), name).to.deep.equal([...labels].sort());
    }
  });

  it('gives every service series of its own, also when two are called the same', async () => {
    const benches = [await bench({ id: 'a' }), await bench({ id: 'b' }), await bench({ id: 'a' })];
    const ids = new Set([...prometheusText(benches.map(({ service }) => service)).matchAll(/instance_id="(.*?)"/g)].map(([, id]) => id));
    expect([...ids]).to.deep.equal(['a', 'b', 'a #2']);
    expect(() => scrape(prometheusText(benches.map(({ service }) => service)))).not.to.throw();
  });

  it('escapes labels, whatever is in them', async () => {
    const { service } = await bench();
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '{', '}', ',', ' ', 'ü') }), (id) => {
      const text = prometheusText([{ ...measured(service), id }]);
      const written = /holdfast_rejections_total\{service="test",instance_id="((?:[^"\\\n]|\\.)*)"\}/.exec(text)?.[1];
      expect(written?.replaceAll(/\\(.)/g, (_, each: string) => (each === 'n' ? '\n' : each))).to.equal(id);
    }), { numRuns: 200 });
  });

  it('P12 leaves out what cannot be asked, and counts it', async () => {
    const { service } = await bench();
    const gone = { ...measured(service), metrics: () => { throw new Error('gone'); } };
    const older = { ...measured(service), id: 'older', metrics: () => ({ ...service.metrics(), latency: { p50: 1 }, uptime: undefined }) };
    const series = scrape(prometheusText([gone, older as never, null as never, service]));
    expect(series.get('holdfast_services')).to.equal(2);
    expect(series.get('holdfast_unreadable_services')).to.equal(2);
    expect(series.get('holdfast_operations_total{service="test",instance_id="older",outcome="success"}')).to.equal(0);
    expect([...series.keys()].some((key) => key.includes('older') && /duration|uptime/.test(key))).to.equal(false);
  });

  it('says that there are none', () => {
    expect([...scrape(prometheusText([]))]).to.deep.equal([['holdfast_services', 0], ['holdfast_unreadable_services', 0]]);
  });
});

function measured(service: Service): MeasuredService {
  const { id, definition, status, issues } = service;
  return { id, definition, status, issues, metrics: () => service.metrics(), breakers: () => service.breakers() };
}
