import { expect } from 'chai';
import { Histogram } from '../../../src/service/histogram.ts';
import fc from '../../fast-check.ts';
import { bench, leavesNothing, unheard } from './support.ts';

describe('Service: metrics', () => {
  leavesNothing();

  it('P61 P62 exactly: each operation once, whatever its attempts, its latency from call to end', async () => {
    const { service, store, end, clock, openBreaker } = await bench({ capacity: 1 });
    await clock.advance(1_000);
    await end(service.update('count', 1)); // 0 ms
    store.writeFaults.push({ kind: 'lag', delay: 250 });
    await end(service.update('count', 2)); // 250 ms
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    await end(service.update('count', 3)); // 1,000 ms, one retry
    store.writeFaults.push({ kind: 'hang' });
    await end(service.update('count', 4)); // 6,000 ms, one timeout, one retry
    const lastSuccessTime = clock.wallTime();
    expect(service.metrics()).to.deep.equal({
      operationCount: 4, successCount: 4, errorCount: 0, averageLatency: 1812.5, lastErrorTime: undefined, lastSuccessTime,
      latency: service.metrics().latency, retryCount: 2, timeoutCount: 1, rejectionCount: 0, errors: {}, queueDepth: 0, queueCapacity: 1,
      breakerTime: { 'user settings': { CLOSED: 7_250, OPEN: 0, HALF_OPEN: 0 } }, crashCount: 0, uptime: 8_250,
    });
    const { latency } = service.metrics();
    expect(latency.p50).to.be.within(250, 254);
    expect(latency.p95).to.equal(6_000);
    expect(latency.max).to.equal(6_000);
    await end(service.update('count', -1)); // refused: VALIDATION
    await end(service.update('count', 5, { signal: AbortSignal.abort() })); // refused: ABORTED
    await end(service.update('count', () => -1)); // VALIDATION, after it was read
    store.writeFaults.push({ kind: 'lag', delay: 100 });
    const all = [service.update('count', 6), service.update('name', 'x'), unheard(service.update('list', ['y']))]; // the third: QUEUE_FULL
    for (const each of all) await end(each);
    await openBreaker(); // five times STORE
    await end(service.update('count', 7)); // CIRCUIT_OPEN
    await clock.advance(3_000);
    const now = service.metrics();
    expect(now).to.deep.include({
      operationCount: 16, successCount: 6, errorCount: 10, rejectionCount: 4, retryCount: 2, timeoutCount: 1, queueDepth: 0,
      errors: { VALIDATION: 2, ABORTED: 1, QUEUE_FULL: 1, STORE: 5, CIRCUIT_OPEN: 1 },
      breakerTime: { 'user settings': { CLOSED: 7_350, OPEN: 3_000, HALF_OPEN: 0 } },
    });
    expect(now.lastErrorTime).to.equal(clock.wallTime() - 3_000);
    expect(now.errorCount).to.equal(Object.values(now.errors).reduce((sum, count) => sum + count, 0));
  });

  it('P61 a write refused because the breaker opened while it waited counts as refused', async () => {
    const { service, store, end } = await bench({ guard: { breaker: { threshold: 1 } } });
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    for (const each of [unheard(service.update('count', 1)), unheard(service.update('name', 'x'))]) await end(each);
    expect(service.metrics()).to.deep.include({ operationCount: 2, rejectionCount: 1, errors: { STORE: 1, CIRCUIT_OPEN: 1 } });
  });

  it('P61 the times of the breakers add up', async () => {
    const { service, clock, openBreaker, store } = await bench();
    await openBreaker();
    await clock.advance(12_345);
    store.heal();
    await clock.advance(20_000);
    const { CLOSED, OPEN, HALF_OPEN } = service.metrics().breakerTime['user settings']!;
    expect(CLOSED + OPEN + HALF_OPEN).to.equal(32_345);
    expect(OPEN).to.equal(13_000);
  });

  it('can be reset; what is under way is counted in the new figures', async () => {
    const { service, store, end, clock, openBreaker } = await bench();
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    await end(service.update('count', 1));
    await openBreaker();
    const waiting = service.update('count', 2, { park: true });
    service.resetMetrics();
    expect(service.metrics()).to.deep.equal({
      operationCount: 0, successCount: 0, errorCount: 0, averageLatency: 0, lastErrorTime: undefined, lastSuccessTime: undefined,
      latency: { p50: 0, p95: 0, p99: 0, max: 0, sum: 0, buckets: service.metrics().latency.buckets }, retryCount: 0, timeoutCount: 0, rejectionCount: 0, errors: {}, queueDepth: 1, queueCapacity: 100,
      breakerTime: { 'user settings': { CLOSED: 0, OPEN: 0, HALF_OPEN: 0 } }, crashCount: 0, uptime: 0,
    });
    await clock.advance(2_000);
    expect(service.metrics().breakerTime['user settings']).to.deep.equal({ CLOSED: 0, OPEN: 2_000, HALF_OPEN: 0 });
    store.heal();
    await end(waiting);
    expect(service.metrics()).to.include({ operationCount: 1, successCount: 1 });
  });

  it('what is given is a copy', async () => {
    const { service, end } = await bench();
    await end(service.update('count', -1));
    const metrics = service.metrics();
    (metrics.errors as Record<string, number>)['VALIDATION'] = 99;
    expect(service.metrics().errors).to.deep.equal({ VALIDATION: 1 });
  });

  describe('the histogram', () => {
    const exact = (values: readonly number[], percent: number): number => [...values].sort((a, b) => a - b)[Math.ceil((percent / 100) * values.length) - 1]!;

    it('P62 percentiles are at most 1.6 % above the true value, from a microsecond to minutes, and never below', () => {
      fc.assert(fc.property(
        fc.array(fc.double({ min: -3, max: 6, noNaN: true }).map((exponent) => 10 ** exponent), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(1, 50, 95, 99, 100),
        (values, percent) => {
          const histogram = new Histogram();
          for (const value of values) histogram.record(value);
          const truth = exact(values, percent);
          const given = histogram.percentile(percent);
          expect(given).to.be.at.least(truth * (1 - 1e-9));
          expect(given).to.be.at.most(truth * 1.016);
        },
      ), { numRuns: 300 });
    });

    it('P62 counts exactly how many took at most so long, bounds included', () => {
      const bounds = new Histogram().cumulative().map(({ upTo }) => upTo);
      expect(bounds.at(0)).to.be.closeTo(0.256, 1e-9);
      expect(bounds.at(-1)).to.be.closeTo(67_108.864, 1e-6);
      const latency = fc.oneof(fc.double({ min: -3, max: 6, noNaN: true }).map((exponent) => 10 ** exponent), fc.constantFrom(...bounds), fc.constant(0));
      fc.assert(fc.property(fc.array(latency, { maxLength: 200 }), (values) => {
        const histogram = new Histogram();
        for (const value of values) histogram.record(value);
        for (const { upTo, count } of histogram.cumulative()) expect(count, `at most ${upTo} ms`).to.equal(values.filter((value) => value <= upTo).length);
        expect(histogram.sum).to.be.closeTo(values.reduce((sum, value) => sum + value, 0), 1e-6);
      }), { numRuns: 300 });
    });

    it('P62 tells fractions of a millisecond apart', () => {
      const histogram = new Histogram();
      histogram.record(0.01);
      histogram.record(0.02);
      expect(histogram.percentile(50)).to.be.within(0.01, 0.0102);
      expect(histogram.mean).to.be.closeTo(0.015, 1e-9);
    });

    it('P62 is right at the ends: nothing, zero, longer than any bucket', () => {
      const histogram = new Histogram();
      expect([histogram.percentile(50), histogram.mean, histogram.max]).to.deep.equal([0, 0, 0]);
      histogram.record(0);
      expect(histogram.percentile(99)).to.equal(0);
      histogram.record(7_200_000);
      expect(histogram.percentile(99)).to.equal(7_200_000);
      expect(histogram.max).to.equal(7_200_000);
    });
  });
});
