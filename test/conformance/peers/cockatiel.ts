import {
  BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, ExponentialBackoff, handleWhen, noJitterGenerator, noop, retry as retryPolicy,
  TaskCancelledError, timeout as timeoutPolicy, TimeoutStrategy, wrap,
} from '../../../tools/peers/cockatiel.ts';
import { versionOf } from '../../../tools/peers/versions.ts';
import { InvalidError, isAbort, openFor, PermanentError, threshold, type Peer } from '../peer.ts';

/**
 * As its readme says (https://github.com/connor4312/cockatiel#readme): `wrap(retry, breaker, timeout)`,
 * the function given the signal; errors that are not the dependency's fault left out by `handleWhen`;
 * the state kept by `toJSON` and `initialState`; held open by `isolate`. The timeout is aggressive:
 * with the cooperative one a function that does not heed its signal would never time out.
 */
export const cockatiel: Peer = {
  name: 'cockatiel',
  version: versionOf('cockatiel'),
  retries: true,
  notes: {
    P2: 'its readme says so: they go on when the probe succeeds',
    P9: 'its `onRetry` event tells of each',
    P12: 'as with any emitter that calls its listeners directly',
  },
  isTimeout: (error) => error instanceof TaskCancelledError && /timed out/.test((error as Error).message),

  make({ retry, timeout, restore }) {
    const breaker = circuitBreaker(handleWhen((error: unknown) => !(error instanceof InvalidError) && !isAbort(error)), {
      halfOpenAfter: openFor,
      breaker: new ConsecutiveBreaker(threshold),
      ...(restore === undefined ? {} : { initialState: JSON.parse(restore as string) }),
    });
    const isTransient = (error: unknown): boolean =>
      !(error instanceof InvalidError) && !(error instanceof PermanentError) && !(error instanceof BrokenCircuitError) && !isAbort(error);
    const retries = retry
      ? retryPolicy(handleWhen(isTransient), { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 1_000, generator: noJitterGenerator }) })
      : noop;
    const limit = timeoutPolicy(timeout, TimeoutStrategy.Aggressive);
    const policy = wrap(retries, breaker, limit);
    let handle: { dispose(): void } | undefined;
    return {
      call: (operation, signal) => policy.execute((context: { readonly signal: AbortSignal }) => operation(context.signal), signal),
      isClosed: () => breaker.state === CircuitState.Closed,
      hold: () => (handle = breaker.isolate()),
      release: () => handle?.dispose(),
      save: () => JSON.stringify(breaker.toJSON()),
      listen: (listener) => {
        for (const event of [breaker.onBreak, breaker.onReset, breaker.onHalfOpen, breaker.onStateChange, breaker.onSuccess, breaker.onFailure]) event(listener);
      },
    };
  },
};
