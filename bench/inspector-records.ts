import type { InspectorRecord } from '../src/inspect/records.ts';

export const actors = 1_000;

/**
 * What 1,000 breakers might have done, without end. It stands alone, so that its text can be run in a page.
 * @param since when the first of them happened, in milliseconds since the Unix epoch
 */
export function* synthetic(since = 0): Generator<InspectorRecord> {
  for (let number = 1; number <= 1_000; number++) {
    yield { kind: 'actor', number, time: since + number, actor: `s/x:${number}`, name: `actor ${number}`, parent: number === 1 ? undefined : 's/x:1', machine: 'circuit-breaker', service: 's', states: ['circuit-breaker', 'circuit-breaker.CLOSED'], context: { streak: 0, epoch: 1, threshold: 5 } };
  }
  for (let number = 1_001; ; number++) {
    yield {
      kind: 'event', number, time: since + number, actor: `s/x:${(number * 7_919) % 1_000 + 1}`, sender: undefined, type: 'FAILURE', data: { epoch: 1 }, transitions: ['circuit-breaker.CLOSED|FAILURE|1'],
      ...(number % 5 === 0 ? { states: ['circuit-breaker', number % 2 === 0 ? 'circuit-breaker.OPEN' : 'circuit-breaker.CLOSED'] } : {}), changed: { streak: number % 5 },
    };
  }
}
