import { CircuitBreaker } from '../../../tools/peers/opossum.ts';
import { versionOf } from '../../../tools/peers/versions.ts';
import { InvalidError, isAbort, openFor, threshold, type Operation, type Peer } from '../peer.ts';

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
  retries: false,
  lacks: {
    P1: 'opens by the share of failures in a rolling window, not by failures in a row',
    P5: 'does not retry',
    P6: '`fire` takes no signal of the caller',
    P8: 'does not retry',
  },
  notes: {
    P3: 'not with `timeout: false`',
    P12: 'as with any emitter that calls its listeners directly',
    P13: 'its signal belongs to the breaker, and is renewed when that changes its state',
    P15: 'it sorts the latencies of its window for percentiles; `rollingPercentilesEnabled: false` turns them off',
  },
  isTimeout: (error) => codeOf(error) === 'ETIMEDOUT',

  make({ timeout, restore }) {
    const action = (operation: Operation<unknown>, signal: AbortSignal): Promise<unknown> => operation(signal);
    const breaker = new CircuitBreaker(action, {
      timeout,
      resetTimeout: openFor,
      errorThresholdPercentage: 50,
      volumeThreshold: threshold,
      autoRenewAbortController: true,
      errorFilter: (error: unknown) => error instanceof InvalidError || isAbort(error),
      ...(restore === undefined ? {} : { state: (JSON.parse(restore as string) as { state: never }).state }),
    });
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
      dispose: () => breaker.shutdown(),
    };
  },
};
