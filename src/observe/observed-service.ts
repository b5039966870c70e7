import type { ServiceEvent } from '../service/events.ts';
import type { SettingIssue } from '../service/reads/snapshot.ts';
import type { Disposable, Scope } from '../store/store.ts';

/** What the observers need of a `ConfigurationService`: by its shape, so that another copy of the library will do. */
export interface ObservedService {
  readonly id: string;
  /** A guard has the shape of a service, and no settings. */
  readonly kind?: 'guard';
  readonly definition: {
    readonly section: string;
    readonly keys: readonly string[];
    isSecret(key: string): boolean;
  };
  /** The value of a setting. */
  get(key: string): unknown;
  inspect(key: string, scope?: Scope): { readonly layers: Readonly<Record<string, unknown>> };
  breakers(): readonly { readonly queueDepth: number }[];
  onEvent(listener: (event: ServiceEvent) => void): Disposable;
  /** The state now. */
  readonly status?: 'healthy' | 'degraded' | 'unhealthy';
  /** The settings that fall back now. */
  readonly issues?: readonly Pick<SettingIssue, 'key'>[];
  /** Absent in earlier versions. */
  onWrite?(capture: () => unknown): Disposable;
}
