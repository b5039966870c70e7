import { AbortedError, StoreError, TransactionError } from '../errors.ts';
import { offAbort, onAbort, type Abortable } from '../guard/abort-fanout.ts';
import type { Guard } from '../guard/guard.ts';
import { sameData } from '../settings/plain-data.ts';
import type { LaneJob } from './lane.ts';
import { look, write, type Asked, type Slot, type WriteEnd, type WriteTools } from './write.ts';
import { within } from './within.ts';

/** What the jobs need of the service. */
export interface JobHost extends WriteTools {
  /** A value is about to be stored: note it in the journal. */
  onAsked(job: LaneJob, slot: Slot, value: unknown): void;
  /** A write has ended; attempts of it may still be under way. */
  onEnd(job: LaneJob, slot: Slot, end: WriteEnd): void;
  /** The job has been answered. */
  onSettled(job: LaneJob, error?: unknown): void;
  /** The caller's signal was aborted while the job waited. */
  onAbort(job: LaneJob): boolean;
}

/** One caller of a job, to be answered. */
export interface Caller {
  resolve(value: unknown, superseded: boolean): void;
  reject(error: unknown): void;
}

export interface JobOptions {
  readonly park: boolean;
  readonly critical: boolean;
  readonly signal: AbortSignal | undefined;
}

abstract class Job implements LaneJob, Abortable {
  readonly id: number;
  readonly park: boolean;
  readonly critical: boolean;
  readonly signal: AbortSignal | undefined;
  abstract readonly keys: readonly string[];
  protected readonly host: JobHost;
  protected readonly callers: Caller[];
  settled = false;

  constructor(id: number, host: JobHost, caller: Caller | undefined, options: JobOptions) {
    this.id = id;
    this.host = host;
    this.callers = caller === undefined ? [] : [caller];
    this.park = options.park;
    this.critical = options.critical;
    this.signal = options.signal;
    if (this.signal !== undefined) onAbort(this.signal, this);
  }

  abstract run(guard: Guard): Promise<void>;

  /** While it waits, the job ends at once; while it runs, the guard sees the signal too. */
  onAbort(): void {
    if (!this.host.onAbort(this)) return;
    this.fail(new AbortedError(this.keys.join(', '), 'not stored', { cause: this.signal?.reason }));
  }

  fail(error: unknown): void {
    if (!this.#settle(error)) return;
    for (const caller of this.callers) caller.reject(error);
  }

  protected succeed(value: unknown): void {
    if (!this.#settle(undefined)) return;
    this.callers.forEach((caller, index) => caller.resolve(value, index < this.callers.length - 1));
  }

  #settle(error: unknown): boolean {
    if (this.settled) return false;
    this.settled = true;
    if (this.signal !== undefined) offAbort(this.signal, this);
    this.host.onSettled(this, error);
    return true;
  }

  protected writeOptions(slot: Slot): { critical: boolean; signal?: AbortSignal; onAsked: (value: unknown) => void } {
    return {
      critical: this.critical,
      ...(this.signal === undefined ? {} : { signal: this.signal }),
      onAsked: (value) => this.host.onAsked(this, slot, value),
    };
  }
}

/** One write to one setting; several plain ones that wait together are one job, and the last value wins. */
export class SingleJob extends Job {
  readonly slot: Slot;
  readonly #stillWanted: () => boolean;
  #asked: Asked;

  constructor(id: number, host: JobHost, slot: Slot, asked: Asked, caller: Caller | undefined, options: JobOptions, stillWanted = (): boolean => true) {
    super(id, host, caller, options);
    this.slot = slot;
    this.#asked = asked;
    this.#stillWanted = stillWanted;
  }

  get keys(): readonly string[] {
    return [this.slot.key];
  }

  /** Takes a newer plain value and its caller in. @returns false when the two cannot be one write */
  merge(asked: Asked, caller: Caller, options: JobOptions): boolean {
    const plain = this.#asked.kind === 'value' && asked.kind === 'value';
    const alike = this.park === options.park && this.critical === options.critical && this.signal === undefined && options.signal === undefined;
    if (!plain || !alike || this.callers.length === 0) return false;
    this.#asked = asked;
    this.callers.push(caller);
    return true;
  }

  override async run(guard: Guard): Promise<void> {
    if (!this.#stillWanted()) {
      this.succeed(undefined);
      return;
    }
    const end = await write(this.host, guard, this.slot, this.#asked, this.writeOptions(this.slot));
    this.host.onEnd(this, this.slot, end);
    if (!end.ok) throw end.error;
    this.succeed(end.asked?.value);
  }
}

/** Several settings of one file, all or none (P24). */
export class TransactionJob extends Job {
  readonly #writes: readonly { readonly slot: Slot; readonly value: unknown }[];

  constructor(id: number, host: JobHost, writes: readonly { readonly slot: Slot; readonly value: unknown }[], caller: Caller, options: JobOptions) {
    super(id, host, caller, options);
    this.#writes = writes;
  }

  get keys(): readonly string[] {
    return this.#writes.map(({ slot }) => slot.key);
  }

  override async run(guard: Guard): Promise<void> {
    const before: { slot: Slot; value: unknown }[] = [];
    for (const { slot, value } of this.#writes) {
      const stored = await look(this.host, slot);
      if (stored === undefined) {
        await this.#rollBack(before, slot, new StoreError('io', `"${slot.key}" could not be read before the transaction.`), new Set());
        return;
      }
      const end = await write(this.host, guard, slot, { kind: 'value', value }, this.writeOptions(slot));
      this.host.onEnd(this, slot, end);
      if (!end.ok) {
        // The first write was refused without an attempt: nothing has happened, and a parked one may wait.
        if (before.length === 0 && end.asked === undefined) throw end.error;
        // What failed may have been stored all the same.
        if (end.asked !== undefined) before.push({ slot, value: stored.value });
        await this.#rollBack(before, slot, end.error, new Set(end.unsettled.length > 0 ? [slot.key] : []));
        return;
      }
      before.push({ slot, value: stored.value });
    }
    this.succeed(undefined);
  }

  async #rollBack(before: readonly { slot: Slot; value: unknown }[], failed: Slot, cause: unknown, mayLand: ReadonlySet<string>): Promise<void> {
    const rolledBack: string[] = [];
    const notRestored: string[] = [];
    for (const { slot, value } of [...before].reverse()) {
      const restored = await this.#restore(slot, value);
      (restored && !mayLand.has(slot.key) ? rolledBack : notRestored).push(slot.key);
    }
    this.fail(new TransactionError(failed.key, rolledBack, notRestored, {
      cause,
      ...retryAdvice(cause),
    }));
  }

  /** Past the breaker: an open one must not keep what was half done from being undone. */
  async #restore(slot: Slot, value: unknown): Promise<boolean> {
    for (let tries = 0; tries < 2; tries++) {
      const stored = await look(this.host, slot);
      if (stored !== undefined && sameData(stored.value, value)) {
        this.host.onEnd(this, slot, { ok: true, asked: { value }, unsettled: [] });
        return true;
      }
      const controller = new AbortController();
      const sending = this.host.store.write({ key: slot.key, target: slot.target, scope: slot.scope, value }, { signal: controller.signal });
      try {
        const result = await within(this.host.clock, this.host.readLimit, sending);
        if (result.timedOut) {
          controller.abort();
          this.host.onEnd(this, slot, { ok: true, asked: { value }, unsettled: [sending] });
        }
      } catch {
        // Looked at above, and tried once more.
      }
    }
    const stored = await look(this.host, slot);
    return stored !== undefined && sameData(stored.value, value);
  }
}

function retryAdvice(cause: unknown): { retryable?: boolean; userAction?: string } {
  const { retryable, userAction } = cause as { retryable?: boolean; userAction?: string };
  return {
    ...(retryable === undefined ? {} : { retryable }),
    ...(userAction === undefined ? {} : { userAction }),
  };
}
