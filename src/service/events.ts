import type { BreakerMode } from '../../machines/circuit-breaker.ts';
import type { Health } from '../../machines/supervisor.ts';
import type { LateOutcome } from '../../machines/write.ts';
import type { FailedAttempt } from '../errors.ts';
import type { GuardEvent } from '../guard/options.ts';
import type { Scope } from '../store/store.ts';
import type { Origin } from './origins.ts';
import type { SettingIssue } from './reads/snapshot.ts';

export type { LateOutcome };

/** A failed attempt of a write, and when it ended: in milliseconds since the Unix epoch. */
export interface WriteAttempt extends FailedAttempt {
  readonly endedAt: number;
}

/** What happens in a service, for logs, alerts and user interfaces. No event carries the value of a setting. */
export type ServiceEvent =
  | { readonly type: 'health'; readonly health: Health; readonly before: Health }
  | { readonly type: 'breaker'; readonly file: string; readonly from: BreakerMode; readonly to: BreakerMode }
  | { readonly type: 'loaded'; readonly changed: readonly string[]; readonly issues: readonly SettingIssue[] }
  | { readonly type: 'load-failed'; readonly error: unknown }
  | { readonly type: 'invalid'; readonly issue: SettingIssue }
  /** `scope`: of a folder or language alone. */
  | { readonly type: 'mended'; readonly key: string; readonly scope?: Scope }
  /** `attempts`: those that failed, oldest first, the last 32 at most; absent when none did. `origin`: of the moment it was asked for (`onWrite`). */
  | { readonly type: 'stored'; readonly keys: readonly string[]; readonly file: string; readonly latency: number; readonly shadowedBy?: string; readonly attempts?: readonly WriteAttempt[]; readonly origin?: Origin }
  | { readonly type: 'failed'; readonly keys: readonly string[]; readonly file: string | undefined; readonly error: unknown; readonly latency: number; readonly attempts?: readonly WriteAttempt[]; readonly origin?: Origin }
  | { readonly type: 'parked'; readonly keys: readonly string[]; readonly file: string }
  | { readonly type: 'attempt-failed'; readonly file: string; readonly attempt: number; readonly error: unknown }
  /** A write given up earlier has come to an end; `reasserted` when it had undone a newer one, which is being restored (P21). */
  | { readonly type: 'late'; readonly key: string; readonly file: string; readonly outcome: LateOutcome; readonly reasserted: boolean }
  /**
   * A write an earlier process did not see the end of: of several settings, all or none are stored. Half of them were stored one by one:
   * they are as they were again. `key`: all of them, with commas.
   */
  | { readonly type: 'reconciled'; readonly key: string; readonly acceptedAt: number; readonly outcome: LateOutcome }
  | { readonly type: 'crash'; readonly actor: string; readonly error: unknown; readonly givenUp: boolean }
  /** Something of the application's own failed: a listener threw, a memento could not be written. Nothing else is affected. */
  | { readonly type: 'warning'; readonly message: string; readonly error: unknown }
  /** Of a guard, `latency` in milliseconds: the first 20, and 20 after each failure; each where `onCall` is asked. */
  | { readonly type: 'succeeded'; readonly latency: number }
  /** Of a guard: what else it tells. */
  | { readonly type: 'guard'; readonly event: Exclude<GuardEvent, { type: 'breaker' | 'attempt-failed' | 'retry' | 'rejected' }> }
  | { readonly type: 'disposed'; readonly unsettled: number };
