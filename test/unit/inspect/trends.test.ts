import { expect } from 'chai';
import type { ActorRecord } from '../../../src/inspect/records.ts';
import { Trends } from '../../../src/webview/trends.ts';

describe('What went on over time', () => {
  it('F63 a breaker that was there before the recording counts from when it entered its mode', () => {
    const breaker: ActorRecord = {
      kind: 'actor', number: 1, time: 100_000, actor: 's/x:1', name: 'breaker:user settings', parent: 's/x:0', machine: 'circuit-breaker', service: 's',
      began: 1_000, states: ['circuit-breaker', 'circuit-breaker.OPEN'], entered: { 'circuit-breaker': 1_000, 'circuit-breaker.OPEN': 30_000 }, context: {},
    };
    const { entered: _, ...unknown } = breaker;
    const trends = new Trends();
    for (const record of [breaker, { ...unknown, actor: 's/x:2' }]) trends.add(record);
    trends.add({ kind: 'event', number: 2, time: 160_000, actor: 's/x:1', sender: undefined, type: 'RESET', data: {}, transitions: [], states: ['circuit-breaker', 'circuit-breaker.CLOSED'] });
    expect(trends.breakers.get('s/x:1')).to.deep.equal([{ time: 30_000, value: 'OPEN' }, { time: 160_000, value: 'CLOSED' }]);
    expect(trends.breakers.get('s/x:2')).to.deep.equal([{ time: 100_000, value: 'OPEN' }]);
  });
});
