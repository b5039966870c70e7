import type { Health } from '../../machines/supervisor.ts';
import type { GuardTuning } from '../guard/options.ts';
import type { ObservedService } from '../observe/observed-service.ts';
import type { ActorTimes } from '../service/actor-times.ts';
import type { OldSetting } from '../service/reads/former-values.ts';
import type { HealthReport } from '../service/health.ts';
import type { Metrics } from '../service/metrics.ts';
import type { FaultInjection } from '../service/options.ts';
import type { BreakerStatus } from '../service/service.ts';
import type { Rescuer } from '../service/writes/awaiting-user.ts';
import type { Origin, SettingIssue } from '../service/reads/snapshot.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import type { Disposable, Layer, Scope, Target } from '../store/store.ts';

/** What the Holdfast extension exports: `vscode.extensions.getExtension('holdfast.holdfast')?.exports`. */
export interface HoldfastApi {
  /** Changes when what is here changes in a way that breaks its users. */
  readonly version: 1;
  /**
   * Shows a service until it is disposed of, or this registration is. Registering it again changes nothing.
   * @throws TypeError when it lacks something that is needed
   */
  register(service: RegisteredService): Disposable;
  /** In the order of their registration. */
  readonly services: readonly RegisteredService[];
}

/** The rest of what a `SettingsDefinition` says is asked for where it is there. */
export type RegisteredDefinition = ObservedService['definition'] & Partial<Pick<SettingsDefinition, 'check' | 'declarations' | 'defaults' | 'formerKeys'>>;

/**
 * What the extension needs of a `ConfigurationService`, or of a `SupervisedGuard`, whose `kind` says so: by its shape, because each extension brings a copy of the
 * library of its own, perhaps of another version.
 */
export interface RegisteredService extends ObservedService {
  readonly definition: RegisteredDefinition;
  readonly status: Health;
  readonly issues: readonly SettingIssue[];
  /** The supervisor's actor. */
  readonly supervisor: { getSnapshot(): unknown };
  /** For development. */
  readonly faults?: FaultInjection | undefined;
  inspect(key: string, scope?: Scope): {
    /** Masked, as the layers are, when the setting is a secret. */
    readonly value: unknown;
    readonly origin: Origin;
    readonly layers: Readonly<Record<string, unknown>>;
    readonly ignored?: readonly Layer[];
    readonly formerly?: Readonly<Partial<Record<Layer, string>>>;
    readonly problem?: string;
    readonly dropped?: readonly string[];
  };
  health(): Promise<HealthReport>;
  metrics(): Metrics;
  breakers(): readonly BreakerStatus[];
  /** A guard has nothing to read. */
  reload?(): Promise<void>;
  /** Of one settings file, by the name in `breakers()`, or of all; so are the following. */
  reset(file?: string): void;
  probe(file?: string): void;
  hold(file?: string): void;
  release(file?: string): void;
  /** That settings can be written again. */
  evidence?(): void;
  /** Of a guard, whose actors run only while they are looked at. */
  look?(begin: (actor: { getSnapshot(): unknown }) => void): Disposable;
  /** Absent in older versions of the library. */
  rescueWith?(rescuer: Rescuer): Disposable;
  timesOf?(actor: object): ActorTimes | undefined;
  oldSettings?(scope?: Scope): readonly OldSetting[];
  convertOldSettings?(options?: Scope & { readonly target?: Target }): Promise<readonly OldSetting[]>;
  configure?(tuning: GuardTuning): void;
  restoreDefaults?(options?: { readonly target?: Target }): Promise<unknown>;
}

/** What people know a service by, and commands: its section; of one with several sections, its id. */
export const labelOf = ({ definition, id }: RegisteredService): string => definition.section || id;

const functions = [
  'get', 'inspect', 'onEvent', 'health', 'metrics', 'breakers', 'reset', 'probe', 'hold', 'release',
] as const satisfies readonly (keyof RegisteredService)[];
/** Of a service: a version of this extension that knew of no guards asked for them, and so ignores guards. */
const functionsOfServices = ['reload', 'evidence', 'restoreDefaults'] as const satisfies readonly (keyof RegisteredService)[];

/** What `candidate` lacks to be a service or a guard, or `undefined` when it is one. */
export function whatIsMissing(candidate: unknown): string | undefined {
  const service = candidate as Partial<RegisteredService> | null | undefined;
  if (typeof service?.id !== 'string') return 'id';
  if (typeof service.definition?.section !== 'string' || !Array.isArray(service.definition.keys)) return 'definition';
  const needed = service.kind === 'guard' ? functions : [...functions, ...functionsOfServices];
  return needed.find((name) => typeof service[name] !== 'function');
}
