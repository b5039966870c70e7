/** effect, installed when it is first imported. */
import { installOrExit } from '../on-demand.ts';

await installOrExit('tools/peers');
export const { Effect, Scope } = await import('effect');
export const EffectBreaker = await import('effect/persistence/CircuitBreaker');
