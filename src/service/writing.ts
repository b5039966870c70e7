import type { TimerHandle } from '../clock.ts';
import { AbortedError, ConfigurationError, QueueFullError, ValidationError } from '../errors.ts';
import { asSignal, reasonOf, type CallerSignal } from '../guard/signals.ts';
import { sameData } from '../settings/plain-data.ts';
import { showKey } from '../settings/setting-key.ts';
import type { Target } from '../store/store.ts';
import { mementoWarning, type ServiceContext } from './context.ts';
import type { LateOutcome, WriteAttempt } from './events.ts';
import { SingleJob, type Caller, type Job, type JobHost } from './jobs.ts';
import { Journal, outcomeOf, type JournalEntry } from './journal.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { LateWrites, type Acknowledged, type LateWrite, type Mended } from './late-writes.ts';
import type { Loading } from './loading.ts';
import type { MetricsRecorder } from './metrics.ts';
import type { UpdateOptions, UpdateResult } from './options.ts';
import { keysOf, Requests, requireOptions, toJobOptions } from './requests.ts';
import { TransactionJob, type SlotValue } from './transaction.ts';
import { Turn } from './turn.ts';
import { WaitingWrites } from './waiting-writes.ts';
import { slotId, type Slot, type WriteTools } from './write.ts';

export interface WritingHooks {
  /** @throws the reason why no write is accepted now */
  refuse(): void;
  /** A write that had been given up has been stored. */
  onLanded(key: string): void;
  /** A write has begun to wait for the user, or waits no more. */
  onWaiting(): void;
}

/** The caller of one operation, and where it writes, once that is known. */
interface Submission extends Caller {
  slots: readonly Slot[];
  /** What is to be stored in each, as far as that is known. */
  asked: readonly (readonly [slot: Slot, asked: { readonly value: unknown } | undefined])[];
  /** What has written for it: more than one when it has waited for a person. */
  readonly jobs: Job[];
}

/** Takes writes in, sees them through, and answers their callers: once each, and with the truth. */
export class Writing {
  readonly #context: ServiceContext;
  readonly #lanes: Lanes;
  readonly #loading: Loading;
  readonly #metrics: MetricsRecorder;
  readonly #requests: Requests;
  readonly #journal: Journal;
  readonly #late: LateWrites;
  readonly #tools: WriteTools;
  readonly #host: JobHost;
  /** The jobs accepted and not answered, by id. */
  readonly #open = new Map<number, Lane>();
  /** How many of them write a slot, by the slot's id. */
  readonly #beingWritten = new Map<string, number>();
  readonly #hooks: WritingHooks;
  /** Late writes of which it was said that what they have undone could not be restored. */
  readonly #unrestored = new WeakSet<LateWrite>();
  /** Those that wait for a person. */
  readonly waiting: WaitingWrites;
  #jobs = 0;
  #submissions = 0;
  #keepAlive: TimerHandle | undefined;

  constructor(context: ServiceContext, lanes: Lanes, loading: Loading, metrics: MetricsRecorder, hooks: WritingHooks) {
    const { definition, store, clock, patience } = context;
    this.#context = context;
    this.#lanes = lanes;
    this.#loading = loading;
    this.#metrics = metrics;
    this.#hooks = hooks;
    this.waiting = new WaitingWrites(context, () => hooks.onWaiting());
    this.#requests = new Requests(definition, store);
    this.#journal = new Journal(context.memento, definition.section, mementoWarning(context));
    this.#tools = { store, clock, patience, isSecret: (key) => definition.isSecret(key), served: ({ key, scope }) => loading.snapshot.get(key, scope) };
    this.#late = new LateWrites(this.#tools, clock, {
      mend: (late, newest) => this.#mend(late, newest),
      isBeingWritten: (id) => this.#beingWritten.has(id),
      onLate: (late, outcome, reasserted) => this.#onLate(late, outcome, reasserted),
    });
    this.#host = {
      tools: this.#tools,
      clock,
      onAsked: (job, slot, value, from) => this.#note(job.id, slot, from === undefined ? { value } : { value, from }),
      onStored: (slot, value) => this.#onStored(slot, value),
      isLegal: ({ key }, value) => value === undefined || definition.check(key, value).ok,
      onLoose: (job, slot, loose, inDoubt) => {
        for (const { value, from, attempts, landings } of loose) this.#late.follow({ job: job.id, slot, value, from, inDoubt }, attempts, landings);
      },
      onSettled: (job) => this.#forget(job),
      withdraw: (job) => this.#open.get(job.id)?.withdraw(job) ?? false,
      hold: (keys) => loading.hold(keys),
    };
  }

  /** Writes of which nobody knows what became. */
  get lateCount(): number {
    return this.#late.inDoubt;
  }

  update(key: string, value: unknown, options: UpdateOptions): Promise<UpdateResult> {
    return this.#submit([key], options, typeof value !== 'function', (id, caller, options) => {
      const slot = this.#requests.slot(key, options);
      caller.slots = [slot];
      const asked = this.#requests.asked(key, value, () => this.#loading.snapshot.get(key, slot.scope));
      const known = asked.kind === 'value' ? { value: asked.value } : undefined;
      caller.asked = [[slot, known]];
      const jobOptions = toJobOptions(options);
      const lane = this.#lanes.at(slot);
      const waiting = lane.lastWaiting;
      if (waiting instanceof SingleJob && waiting.merge(slot, asked, caller, jobOptions)) {
        caller.jobs.push(waiting);
        this.#note(waiting.id, slot, known);
        return;
      }
      const job = new SingleJob(id, this.#host, slot, asked, caller, jobOptions);
      caller.jobs.push(job);
      this.#note(job.id, slot, known);
      this.#accept(lane, job);
    });
  }

  updateAll(values: object, options: UpdateOptions): Promise<UpdateResult> {
    const keys = keysOf(values);
    return this.#transact(keys, options, (options) => this.#requests.transaction(keys, values, options));
  }

  /** Removes every value at a target, also those of earlier versions. */
  removeAll(options: UpdateOptions): Promise<UpdateResult> {
    return this.#transact(this.#context.definition.keys, options, (options) => this.#requests.removal(options));
  }

  /** Puts the old values at a target into today's form. */
  convert(keys: readonly string[], options: UpdateOptions & { readonly target: Target }): Promise<UpdateResult> {
    // It is about this place: not to be written elsewhere instead.
    return this.#transact(keys, options, () => this.#requests.conversion(options));
  }

  #transact(keys: readonly (string | symbol)[], options: UpdateOptions, ask: (options: UpdateOptions) => readonly SlotValue[]): Promise<UpdateResult> {
    return this.#submit(keys, options, false, (id, caller, options) => {
      const writes = ask(options);
      caller.slots = writes.map(({ slot }) => slot);
      caller.asked = writes.map(({ slot, value }) => [slot, { value }]);
      const job = new TransactionJob(id, this.#host, writes, caller, toJobOptions(options));
      caller.jobs.push(job);
      for (const [slot, known] of caller.asked) this.#note(job.id, slot, known);
      const [lane, ...others] = job.files.map((file) => this.#lanes.at(caller.slots.find((slot) => slot.file === file)!));
      job.turns = others.map((other) => new Turn(++this.#jobs, job.keys, other, job));
      this.#accept(lane!, job, job.turns);
    });
  }

  /** The store has changed, or shows signs of life: it may have been a late write, landing. */
  onEvidence(): void {
    this.#late.review();
  }

  /** Finds out what became of the writes an earlier process did not see the end of, and tells (P29). */
  async reconcile(): Promise<void> {
    for (const entry of this.#journal.earlier) {
      const outcome = await outcomeOf(this.#tools, this.#context.definition, entry);
      if (this.#context.patience.ended) return;
      this.#context.emit({ type: 'reconciled', key: showKey(entry.key), acceptedAt: entry.acceptedAt, outcome });
    }
    if (this.#journal.earlier.length > 0) this.#journal.forgetEarlier();
  }

  /** Those that wait for a person are answered. */
  stopWaiting(): void {
    this.waiting.close();
  }

  /** Resolves when the journal has been handed over. */
  settled(): Promise<void> {
    return this.#journal.settled();
  }

  close(): void {
    this.#late.close();
  }

  // ---- The way in, and the answer

  /** @param replaceable a newer value of the same setting may take its place while it waits for a person */
  #submit(
    keys: readonly (string | symbol)[],
    options: UpdateOptions,
    replaceable: boolean,
    accept: (id: number, caller: Submission, options: UpdateOptions) => void,
  ): Promise<UpdateResult> {
    const { clock, emit } = this.#context;
    const started = clock.now();
    const origin = this.#context.origins.now();
    const order = ++this.#submissions;
    const shown = keys.map(showKey);
    let accepted = false;
    let refusedSince: number | undefined;
    let wait = false;
    /** Takes what waits for a person out of the journal. */
    let unnote = (): void => undefined;
    let signal: CallerSignal | undefined;
    let target: Target | undefined;
    return new Promise<UpdateResult>((resolve, reject) => {
      const answer = (superseded: boolean, stored: ReadonlyMap<string, unknown>): void => {
        const latency = clock.now() - started;
        const { file, target } = caller.slots[0]!;
        const shadowedBy = superseded ? undefined : this.#shadow(caller.slots, stored);
        const shadowed = shadowedBy === undefined ? {} : { shadowedBy };
        unnote();
        this.#metrics.succeeded(latency);
        emit({ type: 'stored', keys: shown, file, latency, ...shadowed, ...attemptsOf(caller), ...(origin === undefined ? {} : { origin }) });
        resolve({ outcome: superseded ? 'superseded' : 'stored', target, ...shadowed });
      };
      const refuse = (error: unknown): void => {
        const latency = clock.now() - started;
        const { code } = error as ConfigurationError;
        unnote();
        this.#metrics.failed(latency, code, accepted && code !== 'CIRCUIT_OPEN');
        emit({ type: 'failed', keys: shown, file: caller.slots[0]?.file, error, latency, ...attemptsOf(caller), ...(origin === undefined ? {} : { origin }) });
        reject(error);
      };
      const caller: Submission = {
        slots: [],
        asked: [],
        jobs: [],
        resolve: (superseded, stored) => {
          this.waiting.ended(order);
          answer(superseded, stored);
          this.waiting.stored(order, caller.slots);
        },
        reject: (error) => {
          this.waiting.ended(order);
          const { slots } = caller;
          const since = refusedSince ??= clock.now();
          unnote = this.#noteWaiting(caller.asked);
          if (!wait || !this.waiting.take({ order, slots, target: target ?? 'workspace', signal, replaceable, since, again, superseded: () => answer(true, new Map()), reject: refuse }, error)) refuse(error);
        },
      };
      const attempt = (chosen: UpdateOptions): void => {
        try {
          this.#hooks.refuse();
          requireOptions(chosen);
          ({ wait = true, target } = chosen);
          signal = asSignal(chosen.signal);
          if (signal?.aborted === true) throw new AbortedError(shown.join(', '), 'not stored', { cause: reasonOf(signal) });
          accept(++this.#jobs, caller, chosen);
          accepted = true;
          this.waiting.began(order, caller.slots);
        } catch (error) {
          caller.reject(error instanceof ConfigurationError ? error : new ValidationError('options', 'cannot be read: looking at them throws', { cause: error }));
        }
      };
      // The breaker may have opened meanwhile: then it waits for that.
      const again = (elsewhere: Target): void => {
        unnote();
        attempt({ ...options, target: elsewhere, park: true });
      };
      attempt(options);
    });
  }

  #shadow(slots: readonly Slot[], stored: ReadonlyMap<string, unknown>): string | undefined {
    for (const { key, target, scope } of slots) {
      const shadow = this.#loading.shadow(key, target, scope, stored.has(key) ? { value: stored.get(key) } : undefined);
      if (shadow !== undefined) return shadow;
    }
    return undefined;
  }

  #accept(lane: Lane, job: Job, turns: readonly Turn[] = []): void {
    this.#open.set(job.id, lane);
    for (const id of job.slots.map(slotId)) this.#beingWritten.set(id, (this.#beingWritten.get(id) ?? 0) + 1);
    try {
      lane.accept(job);
      for (const turn of turns) turn.take();
    } catch (error) {
      // Refused: whoever asked is answered by the caller of this.
      for (const turn of turns) turn.end();
      lane.withdraw(job);
      this.#forget(job);
      throw error;
    }
    job.listen();
    this.#stayAlive();
  }

  // ---- The way of a write

  #note(job: number, { key, target, scope }: Slot, asked: JournalEntry['asked']): void {
    const { clock, definition } = this.#context;
    const known = asked === undefined || definition.isSecret(key) ? {} : { asked };
    this.#journal.put({ job, key, target, scope, acceptedAt: clock.wallTime(), ...known });
  }

  /** What waits for a person must not be lost silently either, when the process ends meanwhile (P27). @returns what takes it out again */
  #noteWaiting(asked: Submission['asked']): () => void {
    const id = ++this.#jobs;
    for (const [slot, known] of asked) this.#note(id, slot, known);
    return () => {
      for (const [{ key }] of asked) this.#journal.remove(id, key);
    };
  }

  #onStored(slot: Slot, value: unknown): void {
    this.#late.acknowledge(slot, value);
    this.#loading.refresh([slot.key]);
  }

  #forget(job: Job): void {
    this.#open.get(job.id)?.release(job);
    this.#open.delete(job.id);
    for (const id of job.slots.map(slotId)) {
      const others = this.#beingWritten.get(id)! - 1;
      if (others > 0) this.#beingWritten.set(id, others);
      else this.#beingWritten.delete(id);
    }
    // What is in doubt stays in the journal: `#onLate` settles it, or else the next process.
    for (const key of job.keys) {
      if (!job.inDoubt.has(key)) this.#journal.remove(job.id, key);
    }
    if (this.#open.size === 0) this.#letGo();
  }

  /** While a write is on its way the process stays alive: the timers of breakers and deadlines do not see to that. */
  #stayAlive(): void {
    if (this.#open.size === 0) return;
    this.#keepAlive ??= this.#context.clock.setTimeout(() => {
      this.#keepAlive = undefined;
      this.#stayAlive();
    }, 60_000);
  }

  #letGo(): void {
    if (this.#keepAlive !== undefined) this.#context.clock.clearTimeout(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  // ---- Writes that land late

  /** Stores the newest value again, if nothing else has been stored meanwhile (P21). */
  #mend(late: LateWrite, newest: Acknowledged): Promise<Mended> {
    const { slot } = late;
    return new Promise((resolve) => {
      const caller: Caller = {
        resolve: () => resolve('mended'),
        reject: (error) => {
          // What failed may have been the store, for a while: it is as urgent as before.
          if (error instanceof QueueFullError || (error as { readonly retryable?: boolean }).retryable === true) return resolve('busy');
          if (!this.#unrestored.has(late)) this.#context.warn(`"${slot.key}" was undone by a write that landed late, and could not be restored so far.`, error);
          this.#unrestored.add(late);
          return resolve('refused');
        },
      };
      const compute = (stored: unknown): unknown => (newest.isNewest() && sameData(stored, late.value) ? newest.value : stored);
      try {
        this.#hooks.refuse();
        const job = new SingleJob(++this.#jobs, this.#host, slot, { kind: 'update', compute }, caller, { park: true, critical: false, signal: undefined });
        this.#accept(this.#lanes.at(slot), job);
      } catch (error) {
        caller.reject(error);
      }
    });
  }

  #onLate({ job, slot }: LateWrite, outcome: LateOutcome, reasserted: boolean): void {
    const { key, file } = slot;
    if (!this.#open.has(job)) this.#journal.remove(job, key);
    this.#context.emit({ type: 'late', key, file, outcome, reasserted });
    if (outcome === 'stored') this.#hooks.onLanded(key);
  }
}

function attemptsOf({ jobs }: Submission): { readonly attempts?: readonly WriteAttempt[] } {
  const attempts = jobs.flatMap(({ failures }) => failures);
  return attempts.length === 0 ? {} : { attempts };
}
