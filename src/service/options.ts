import type { LifecycleOptions } from '../../machines/config-lifecycle.ts';
import type { SupervisorOptions } from '../../machines/supervisor.ts';
import type { Clock } from '../clock.ts';
import type { GuardOptions } from '../guard/options.ts';
import type { CallerSignal, CancellationToken } from '../guard/signals.ts';
import type { JournalHomes, Memento } from '../store/memento.ts';
import type { Scope, Store, Target } from '../store/store.ts';
import type { ConfigurationScope } from './reads/configuration-scope.ts';

export interface ServiceOptions {
  readonly store: Store;
  /** Where the journal, the last good values and the breakers' states outlive the process. Default: nowhere. */
  readonly memento?: Memento;
  /**
   * Where the journal alone outlives the process, when that is not the memento: each window or process needs one of its own, which
   * any later start finds (`journalFolder`). Default: the memento.
   */
  readonly journal?: JournalHomes;
  /** Tells this service from others in logs, and when it has several sections also in the memento. Default: the section, or all sections. */
  readonly id?: string;
  /** Breaker, retry and timeout of each settings file. Defaults: see `GuardOptions`. */
  readonly guard?: Pick<GuardOptions, 'breaker' | 'retry' | 'timeout' | 'budget' | 'random'>;
  readonly lifecycle?: Partial<LifecycleOptions>;
  readonly supervisor?: Partial<SupervisorOptions>;
  /** Writes that may wait for one settings file. Default 100. */
  readonly capacity?: number;
  /** While a breaker is open its file is looked at this often, in milliseconds, for a sign that the next write can be let through. Default 1,000. */
  readonly probeEvery?: number;
  readonly clock?: Clock;
  /** For development: lets the State Inspector inject faults into the store. Default: none. */
  readonly faults?: FaultInjection;
}

/** Faults by name, as `FaultyStore` has them. */
export interface FaultInjection {
  readonly injected: string | undefined;
  /** What `inject` takes. */
  readonly injectable: readonly string[];
  inject(fault: string): void;
  heal(): void;
}

export interface UpdateOptions extends Scope {
  /** Default: what the store says, for VS Code the narrowest place that holds a value already, else the user settings. */
  readonly target?: Target;
  /** Of which folder or language: `resource` and `languageId` in VS Code's own way. Default: these. */
  readonly scope?: ConfigurationScope;
  /**
   * While the breaker is open: wait until it closes, instead of being refused. Several settings that are kept in two files
   * do not wait: that would hold up the other file. Default false.
   */
  readonly park?: boolean;
  /** An attempt may take as long as the whole budget (30 s) instead of 5 s. Default false. */
  readonly critical?: boolean;
  /**
   * When only a person can help (unsaved changes, an unreadable or read-only settings file, no workspace), and the
   * Holdfast extension is there to ask: keep waiting, instead of being refused at once. When the user declines, the error
   * has `context.declined`: they know, and need not be told again. Default true.
   */
  readonly wait?: boolean;
  /** Ends the update with an `AbortedError`: an `AbortSignal`, or a `CancellationToken` of VS Code. */
  readonly signal?: CallerSignal | CancellationToken;
}

/** What became of an update. The value is stored, or was replaced before its turn by a newer one from the same service. */
export interface UpdateResult {
  readonly outcome: 'stored' | 'superseded';
  /** Where the value is stored. */
  readonly target: Target;
  /**
   * Stored, but `get` shows something else (P29): the value of this higher layer, members of an object that this lower
   * layer holds as well (layers of objects are merged), or because of `workspace trust`, an
   * `old setting` that is still there, the `last good value` while the store cannot be read, the value from before a `transaction` on another file while that is under way.
   */
  readonly shadowedBy?: string;
}
