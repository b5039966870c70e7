import type { SettingsDefinition } from '../settings/definition.ts';
import type { ConfigurationService } from './service.ts';

/**
 * The service of a definition, for what is declared before there is one.
 *
 * ```ts
 * let config: ServiceOf<typeof nofx>; // ConfigurationService<{ maxAgents: number; … }>
 * ```
 */
export type ServiceOf<D> = D extends SettingsDefinition<infer V extends object> ? ConfigurationService<V> : never;
