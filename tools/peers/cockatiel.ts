/** cockatiel, installed when it is first imported. Its types are known only then: what is derived from its values is checked by `npm run types`. */
import { installOrExit } from '../on-demand.ts';

await installOrExit('tools/peers');
export const {
  BrokenCircuitError, bulkhead, circuitBreaker, CircuitState, ConsecutiveBreaker, ConstantBackoff, CountBreaker, DelegateBackoff, ExponentialBackoff, fallback, handleAll,
  handleWhen, noJitterGenerator, noop, retry, SamplingBreaker, TaskCancelledError, timeout, TimeoutStrategy, wrap,
} = await import('cockatiel');
