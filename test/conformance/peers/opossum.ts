import { CircuitBreaker } from '../../../tools/peers/opossum.ts';
import { versionOf } from '../../../tools/peers/versions.ts';
import { failureShare, InvalidError, isAbort, openFor, threshold, windowTime, type Operation, type Peer } from '../peer.ts';

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;
const events = ['fire', 'reject', 'timeout', 'success', 'failure', 'open', 'close', 'halfOpen'] as const;

/**
 * As its readme says (https://github.com/nodeshift/opossum#readme): a percentage of failures over a
 * window, from a least number of calls on; `errorFilter` for errors that do not count;
 * `autoRenewAbortController` and `getSignal` so that an action learns of its timeout; the state kept by
 * `toJSON` and `options.state`.
 */
export const opossum: Peer = {
  name: 'opossum',
  version: versionOf('opossum'),
  ways: ['over time'],
  retries: false,
  lacks: {
    P5: 'does not retry',
    P6: '`fire` takes no signal of the caller',
    P8: 'does not retry',
    P70: '`capacity` refuses at once: there is no queue',
    P71: 'has no priorities',
    P72: 'has no priorities',
    P75: '`resetTimeout` is the same each time',
    P76: 'probes with one call',
    P77: '`errorFilter` looks at errors alone',
    P78: 'does not retry, and looks at no error for a time',
    P79: 'has no breakers by key',
    P81: 'does not retry',
    P120: '`capacity` refuses at once: there is no queue',
  },
  notes: {
    P3: 'not with `timeout: false`',
    P12: 'as with any emitter that calls its listeners directly',
    P13: 'its signal belongs to the breaker, and is renewed when that changes its state',
    P73: '`coalesce` with `coalesceResetOn`; it has no latest-wins',
    P15: 'it sorts the latencies of its window for percentiles; `rollingPercentilesEnabled: false` turns them off',
  },
  isTimeout: (error) => codeOf(error) === 'ETIMEDOUT',

  make({ timeout, restore, sharing, fallback }) {
    const action = (operation: Operation<unknown>, signal: AbortSignal): Promise<unknown> => operation(signal);
    const breaker = new CircuitBreaker(action, {
      timeout,
      resetTimeout: openFor,
      errorThresholdPercentage: 100 * failureShare,
      volumeThreshold: threshold,
      rollingCountTimeout: windowTime,
      autoRenewAbortController: true,
      errorFilter: (error: unknown) => error instanceof InvalidError || isAbort(error),
      ...(sharing === true ? { coalesce: true, coalesceResetOn: ['success', 'error', 'timeout'] as const, cacheGetKey: () => 'the same' } : {}),
      ...(restore === undefined ? {} : { state: (JSON.parse(restore as string) as { state: never }).state }),
    });
    if (fallback !== undefined) breaker.fallback(fallback);
    return {
      call: (operation, signal) => {
        // The typings are older than `getSignal`.
        const own = (breaker as unknown as { getSignal(): AbortSignal }).getSignal();
        return breaker.fire(operation, signal === undefined ? own : AbortSignal.any([own, signal])) as never;
      },
      isClosed: () => breaker.closed,
      save: () => JSON.stringify(breaker.toJSON()),
      listen: (listener) => {
        for (const event of events) (breaker as NodeJS.EventEmitter).on(event, listener);
      },
      onFallback: (listener) => (breaker as NodeJS.EventEmitter).on('fallback', (_: unknown, error: unknown) => listener(error)),
      dispose: () => breaker.shutdown(),
    };
  },
};
