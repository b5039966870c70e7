import {
  BrokenCircuitError, bulkhead, circuitBreaker, CircuitState, ConsecutiveBreaker, CountBreaker, DelegateBackoff, ExponentialBackoff, fallback as fallbackPolicy, handleAll,
  handleWhen, noJitterGenerator, noop, retry as retryPolicy, SamplingBreaker, TaskCancelledError, timeout as timeoutPolicy, TimeoutStrategy, wrap,
} from '../../../tools/peers/cockatiel.ts';
import { versionOf } from '../../../tools/peers/versions.ts';
import { failureShare, InvalidError, isAbort, openFor, PermanentError, threshold, windowCalls, windowTime, type Peer, type Setup } from '../peer.ts';

const breakers = {
  'in a row': () => new ConsecutiveBreaker(threshold),
  'by calls': () => new CountBreaker({ threshold: failureShare, size: windowCalls, minimumNumberOfCalls: threshold }),
  'over time': () => new SamplingBreaker({ threshold: failureShare, duration: windowTime, minimumRps: threshold / (windowTime / 1_000) }),
};

/** The delays of its backoffs, one of which is told what the dependency has said. */
function delaysOf({ growsUpTo, retryAfter }: Setup) {
  const asked = (context: { readonly result: { readonly error?: unknown } }, least: number): number => Math.max(least, retryAfter?.(context.result.error) ?? 0);
  return {
    betweenAttempts: retryAfter === undefined
      ? new ExponentialBackoff({ initialDelay: 1_000, generator: noJitterGenerator })
      : new DelegateBackoff((context: unknown) => asked(context as never, 1_000)),
    whileOpen: growsUpTo !== undefined
      ? new ExponentialBackoff({ initialDelay: openFor, exponent: 2, maxDelay: growsUpTo, generator: noJitterGenerator })
      : retryAfter === undefined ? openFor : new DelegateBackoff((context: unknown) => asked(context as never, openFor)),
  };
}

/**
 * As its readme says (https://github.com/connor4312/cockatiel#readme): `wrap(retry, breaker, timeout)`, with a fallback outermost
 * and a bulkhead around them where there is one; the function given the signal; errors that are not the dependency's fault left
 * out by `handleWhen`; the state kept by `toJSON` and `initialState`; held open by `isolate`. The timeout is aggressive: with the
 * cooperative one a function that does not heed its signal would never time out.
 */
export const cockatiel: Peer = {
  name: 'cockatiel',
  version: versionOf('cockatiel'),
  ways: ['in a row', 'by calls', 'over time'],
  retries: true,
  lacks: {
    P71: 'has no priorities',
    P72: 'has no priorities',
    P73: 'shares no calls',
    P79: 'has no breakers by key',
    P81: 'has no retry budget',
  },
  notes: {
    P2: 'its readme says so: they go on when the probe succeeds',
    P9: 'its `onRetry` event tells of each',
    P12: 'as with any emitter that calls its listeners directly',
    P76: 'it closes when all of the sample have ended',
    P78: 'set up with a `DelegateBackoff`, which is asked for each call by itself',
  },
  isTimeout: (error) => error instanceof TaskCancelledError && /timed out/.test((error as Error).message),

  make(setup) {
    const { way, retry, timeout, restore, limit, probes, isFailure, fallback } = setup;
    const delays = delaysOf(setup);
    const isFailureOfIts = (error: unknown): boolean => !(error instanceof InvalidError) && !isAbort(error);
    const isTransient = (error: unknown): boolean => isFailureOfIts(error) && !(error instanceof PermanentError) && !(error instanceof BrokenCircuitError);
    const handled = (errors: (error: unknown) => boolean) => (isFailure === undefined ? handleWhen(errors) : handleWhen(errors).orWhenResult(isFailure));
    const breaker = circuitBreaker(handled(isFailureOfIts), {
      halfOpenAfter: delays.whileOpen as number,
      breaker: breakers[way as keyof typeof breakers](),
      ...(probes === undefined ? {} : { halfOpenSampling: { calls: probes, threshold: 0.5 } }),
      ...(restore === undefined ? {} : { initialState: JSON.parse(restore as string) }),
    });
    const retries = retry ? retryPolicy(handled(isTransient), { maxAttempts: 2, backoff: delays.betweenAttempts }) : noop;
    const instead = fallback === undefined ? noop : fallbackPolicy(handleAll, fallback);
    const slots = limit === undefined ? noop : bulkhead(limit.limit, limit.queue);
    const policy = wrap(instead, slots, retries, breaker, timeoutPolicy(timeout, TimeoutStrategy.Aggressive));
    let handle: { dispose(): void } | undefined;
    return {
      call: (operation, signal) => policy.execute((context: { readonly signal: AbortSignal }) => operation(context.signal), signal) as never,
      isClosed: () => breaker.state === CircuitState.Closed,
      hold: () => (handle = breaker.isolate()),
      release: () => handle?.dispose(),
      save: () => JSON.stringify(breaker.toJSON()),
      listen: (listener) => {
        for (const event of [breaker.onBreak, breaker.onReset, breaker.onHalfOpen, breaker.onStateChange, breaker.onSuccess, breaker.onFailure]) event(listener);
      },
      onFallback: (listener) => instead.onFailure(({ reason }: { readonly reason: object }) => listener('error' in reason ? reason.error : undefined)),
    };
  },
};
