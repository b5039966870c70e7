import { AbortedError, DisposedError, StoreError, TimeoutError } from '../../errors.ts';
import { offAbort, onAbort } from '../../guard/abort-fanout.ts';
import type { Guard } from '../../guard/guard.ts';
import { reasonOf, type CallerSignal } from '../../guard/signals.ts';
import { sameData } from '../../settings/plain-data.ts';
import type { Change as StoreChange, Refusal } from '../../store/store.ts';
import { mayBeBuiltOn, type Asked, type Change, type From } from './asked.ts';
import { locationId, toRequest, type SettingLocation } from './location.ts';
import { besideOthers, isDefinite, locked, lookAll, readBackAll, type WriteTools } from './looks.ts';
import { asStoreError, ownCopy, withOutcome, withoutQuotes } from './outcome.ts';

/** A value that was sent and not acknowledged: it may be stored, or be applied later, also by an attempt that was refused (P21). */
export interface Unconfirmed {
  readonly value: unknown;
  readonly from: From | undefined;
  readonly attempts: readonly Promise<unknown>[];
  /** How many of them may still be applied: not those that were, as the store says, nor one that has been seen to be. */
  readonly landings: number;
}

/** What became of one change. */
export type ChangeEnd = {
  readonly location: SettingLocation;
  readonly unconfirmed: readonly Unconfirmed[];
  /** Some of that is under way, or was refused in a way that leaves it possible that it is applied later. */
  readonly mayStillApply: boolean;
  /** What would be there without it, where that was looked at. */
  readonly before: From | undefined;
} & (
  | { readonly ok: true; readonly value: unknown }
  | {
    readonly ok: false;
    /** It may be stored, or be stored yet: nobody can tell. */
    readonly unknown: boolean;
    /** The store said that it had stored the value, and then held another one. */
    readonly unverified: boolean;
  }
);

/** One of the writes that are stored together. */
export interface SavedWrite {
  readonly changes: readonly Change[];
  /** All of its changes are stored, or none. */
  readonly isTransaction: boolean;
  readonly signal: CallerSignal | undefined;
  /** What an earlier turn of the same update sent: when that is stored by now, the update is done. */
  earlier(location: SettingLocation): Unconfirmed | undefined;
  /** A value is about to be sent. `from`: what it was computed from. `before`: what is there, of a transaction. */
  onSending(location: SettingLocation, value: unknown, from: From | undefined, before: From | undefined): void;
  /** The store has said that what was sent is stored. */
  onSaved(): void;
  /** All changes are stored. `superseded`: a newer value of the same setting was stored in its place. */
  onStored(ends: readonly (ChangeEnd & { readonly ok: true })[], superseded: boolean): void;
  /** @returns undoes what it has half done, once the file is not being written any more (P23) */
  onFailed(ends: readonly ChangeEnd[], error: unknown): (() => Promise<void>) | undefined;
}

/** One attempt to store the value of a cell, on its way to the store. */
interface Sending {
  readonly value: unknown;
  readonly expected: From | undefined;
  /** What was there before, as far as that is known without asking. */
  readonly before: From | undefined;
  readonly attempt: Promise<unknown>;
  /** What the store has said of it. `lost`: that it is stored, and then it held something else. */
  settled: 'stored' | 'lost' | 'refused' | undefined;
  /** A write that has left, and sees to what may become of it yet. */
  followedBy: SavedWrite | undefined;
}

/** What one write wants in one place. */
interface Part {
  readonly write: SavedWrite;
  readonly asked: Asked;
  /** What would be there without it: what was there, or what those before it in the same save make of it. */
  before: From | undefined;
}

/** One place in the file, and what the writes want there, in the order in which they were asked for. */
class Cell {
  readonly location: SettingLocation;
  readonly parts: Part[] = [];
  /** Those whose value was sent last, in order: the caller of one may have left since. */
  sentParts: readonly Part[] = [];
  /** What was sent, but for what the store has definitely refused, in order. */
  readonly sent: Sending[] = [];
  /** What was found to be there, though its attempt has not said so: it has been applied. */
  found: Sending | undefined;
  /** What is there, as the attempt under way has read it. */
  current: From | undefined;
  /** What is stored, once that is confirmed. */
  stored: From | undefined;

  constructor(location: SettingLocation) {
    this.location = location;
  }

  /** Stored only over what was there when it was computed. */
  get needsReading(): boolean {
    return this.parts.some(({ write, asked }) => asked.kind === 'update' || write.isTransaction);
  }

  /** Its value depends on what was there. */
  get isComputed(): boolean {
    return this.parts.at(-1)?.asked.kind === 'update';
  }

  get isUnsettled(): boolean {
    return this.sent.some(({ settled }) => settled === undefined);
  }

  get unverified(): boolean {
    return this.sent.some(({ settled }) => settled === 'lost');
  }

  /** Where the same was there before it is not known who has done that; nor whether it was this one, where another says so of itself. */
  noteFound(sending: Sending): void {
    if (sending.before !== undefined && !sameData(sending.value, sending.before.value) && !this.sent.some(saidStored)) this.found = sending;
  }

  /** It may still be applied: neither has the store said that it was, nor has it been seen. */
  mayStillApply(sending: Sending): boolean {
    return !saidStored(sending) && sending !== this.found;
  }

  /** All that was sent, or is to be, as far as it is known. */
  values(): unknown[] {
    return [...this.sent.map(({ value }) => value), ...this.parts.flatMap(({ asked }) => (asked.kind === 'value' ? [asked.value] : []))];
  }

  /** One entry for each value; only an update that was computed again has several. */
  unconfirmed(): Unconfirmed[] {
    const groups: { value: unknown; from: From | undefined; attempts: Promise<unknown>[]; landings: number }[] = [];
    for (const sending of this.sent) {
      const { value, expected, attempt } = sending;
      let same = groups.find((other) => sameData(other.value, value));
      if (same === undefined) groups.push(same = { value, from: this.isComputed ? expected : undefined, attempts: [], landings: 0 });
      same.attempts.push(attempt);
      if (sending.followedBy === undefined && this.mayStillApply(sending)) same.landings++;
    }
    return groups;
  }
}

/**
 * Stores everything that waits for one file by one save, under its guard, and looks whether it is there (P20).
 *
 * - What is computed is computed from what the file holds at that moment, one after the other in the order in which it was asked for.
 * - A write that is refused by itself (its function throws, the store refuses its setting) is left out and answered alone; the
 *   others are saved without it.
 * - When the guard gives up, a last look tells what became of each, so that the answer is what the file says and not what an
 *   attempt said (P29).
 */
export class Save {
  readonly #tools: WriteTools;
  readonly #guard: Guard;
  readonly #critical: boolean;
  readonly #cells = new Map<string, Cell>();
  /** The writes that have not been answered. */
  readonly #open = new Set<SavedWrite>();
  /** Why each of them is refused by itself, when all are: then the attempt fails. */
  #refusals: ReadonlyMap<SavedWrite, unknown> = new Map();
  /** Roll back what is half done, one after the other, once everything else has ended. */
  readonly #undos: (() => Promise<void>)[] = [];
  readonly #signal: CallerSignal | undefined;
  /** Aborted when every caller has left, where there are several. */
  readonly #everyoneLeft: AbortController | undefined;

  /** @param writes in the order in which they were asked for, all in one file */
  constructor(tools: WriteTools, guard: Guard, writes: readonly SavedWrite[], critical: boolean) {
    this.#tools = tools;
    this.#guard = guard;
    this.#critical = critical;
    for (const write of writes) this.#add(write);
    if (writes.length === 1) this.#signal = writes[0]!.signal;
    else if (writes.some(({ signal }) => signal !== undefined)) this.#signal = (this.#everyoneLeft = new AbortController()).signal;
  }

  #add(write: SavedWrite): void {
    this.#open.add(write);
    for (const { location, asked } of write.changes) {
      const id = locationId(location);
      let cell = this.#cells.get(id);
      if (cell === undefined) this.#cells.set(id, cell = new Cell(location));
      cell.parts.push({ write, asked, before: undefined });
    }
  }

  /** Resolves when all have ended; never rejects. */
  async run(): Promise<void> {
    await this.#runUnderGuard();
    for (const undo of this.#undos) await undo();
  }

  async #runUnderGuard(): Promise<void> {
    const [first] = this.#cells.values();
    const limit = this.#guard.attemptDeadlines.duration / 2;
    let failure: unknown;
    try {
      await this.#guard.execute(
        async ({ signal }) => {
          await besideOthers(this.#tools, limit, signal, () => locked(this.#tools, first!.location, signal, () => this.#attempt(signal)));
          // Outside of that: these refusals are no collisions with another writer.
          if (this.#refusals.size > 0) throw this.#refusals.values().next().value;
        },
        { critical: this.#critical, ...(this.#signal === undefined ? {} : { signal: this.#signal }) },
      );
      for (const write of [...this.#open]) this.#succeed(write);
      return;
    } catch (error) {
      failure = error;
    }
    const looked = await this.#lookAtDoubtful(failure);
    const isLeft = looked !== 'left' && this.#everyoneLeft === undefined && this.#signal?.aborted === true
      && this.#cellsToStore().some((cell) => cell.sent.length > 0 && !this.#isThere(cell));
    if (isLeft) failure = new AbortedError('The write', 'unknown', { cause: reasonOf(this.#signal) });
    for (const write of [...this.#open]) this.#fail(write, this.#refusals.get(write) ?? failure);
  }

  /** A caller among several leaves: it is answered at once, and the others go on. */
  leave(write: SavedWrite, error: unknown): void {
    if (!this.#open.has(write)) return;
    for (const cell of this.#cellsOf(write)) cell.current = undefined;
    this.#fail(write, error);
    if (this.#open.size === 0) this.#everyoneLeft?.abort();
  }

  // ---- An attempt

  async #attempt(signal: AbortSignal): Promise<void> {
    this.#refusals = new Map();
    for (;;) {
      this.#forgetParts();
      const cells = this.#cellsToStore();
      await this.#read(cells, signal);
      if (signal.aborted) return;
      this.#refuse(this.#notToRepeat(cells));
      const plan = this.#refusals.size > 0 ? [] : this.#compute(cells);
      // An update function may have aborted its own write.
      if (plan.length === 0 || this.#refusals.size > 0 || signal.aborted) return;
      const refused = await this.#send(plan, signal);
      if (signal.aborted) return;
      if (refused.size === 0) return this.#confirm(plan, signal);
      this.#refuse(refused);
      if (this.#refusals.size > 0) return;
    }
  }

  /** Of a transaction nothing is stored before all of it is: others may replace what there is of it meanwhile (P24). */
  #forgetParts(): void {
    for (const write of this.#open) {
      const cells = write.isTransaction ? this.#cellsOf(write) : [];
      if (cells.some(({ stored }) => stored === undefined)) for (const cell of cells) cell.stored = undefined;
    }
  }

  async #read(cells: readonly Cell[], signal: AbortSignal): Promise<void> {
    const toRead = cells.filter((cell) => cell.needsReading || cell.sent.length > 0);
    if (toRead.length === 0) return;
    const values = await this.#readBack(toRead);
    if (signal.aborted) return;
    for (const [index, cell] of toRead.entries()) cell.current = { value: values[index] };
  }

  async #readBack(cells: readonly Cell[]): Promise<readonly unknown[]> {
    try {
      return await readBackAll(this.#tools, cells.map(({ location }) => location));
    } catch (error) {
      throw this.#withoutSecrets(error, cells.flatMap((cell) => cell.values().map((value) => ({ cell, value }))));
    }
  }

  /** What was sent by earlier attempts: it is there by now, or is sent again, or must not be computed again, as it would be applied twice (P28). */
  #notToRepeat(cells: readonly Cell[]): Map<SavedWrite, unknown> {
    const refused = new Map<SavedWrite, unknown>();
    for (const cell of cells) {
      const last = cell.sent.at(-1);
      if (last === undefined) continue;
      if (!this.#isThere(cell) && cell.isComputed) {
        const error = this.#whyNotAgain(cell, last);
        if (error !== undefined) refuseAll(cell, error, refused);
      }
    }
    return refused;
  }

  #whyNotAgain(cell: Cell, last: Sending): Error | undefined {
    if (cell.isUnsettled) return new TimeoutError(this.#guard.name, this.#guard.attemptDeadlines.duration, 'unknown', { retryable: false });
    // Stored, as the store says, and not there: unless it was lost, another program has built on it.
    if (saidStored(last) && !sameData(cell.current!.value, last.expected?.value)) return notVerified(cell.location, false);
    return undefined;
  }

  /** What each cell is to hold: the writes are applied one after the other, each as a whole or not at all. */
  #compute(cells: readonly Cell[]): { readonly cell: Cell; readonly value: unknown }[] {
    const values = new Map<Cell, unknown>();
    const refused = new Map<SavedWrite, unknown>();
    for (const write of this.#open) {
      try {
        for (const [cell, value] of this.#applied(write, values)) {
          partOf(cell, write)!.before = values.has(cell) ? { value: values.get(cell) } : cell.current;
          values.set(cell, value);
        }
      } catch (error) {
        refused.set(write, error);
      }
    }
    this.#refuse(refused);
    return cells.flatMap((cell) => {
      if (cell.stored !== undefined || !values.has(cell)) return [];
      const value = values.get(cell);
      cell.sentParts = [...cell.parts];
      if (!cell.needsReading || !sameData(value, cell.current!.value)) return [{ cell, value }];
      cell.stored = { value };
      return [];
    });
  }

  /** @throws what its function throws; StoreError */
  #applied(write: SavedWrite, values: ReadonlyMap<Cell, unknown>): Map<Cell, unknown> {
    const own = new Map<Cell, unknown>();
    for (const { location, asked } of write.changes) {
      const cell = this.#cells.get(locationId(location))!;
      if (cell.stored !== undefined) continue;
      if (asked.kind === 'value' && asked.from === undefined) {
        own.set(cell, asked.value);
        continue;
      }
      const before = own.has(cell) ? own.get(cell) : values.has(cell) ? values.get(cell) : cell.current!.value;
      const earlier = write.earlier(location);
      if (asked.kind === 'value') {
        if (!sameData(before, asked.from!.value)) throw changedMeanwhile(location);
        own.set(cell, asked.value);
      } else if (earlier !== undefined && sameData(cell.current!.value, earlier.value)) own.set(cell, before);
      else own.set(cell, asked.compute(before));
    }
    return own;
  }

  async #send(plan: readonly { readonly cell: Cell; readonly value: unknown }[], signal: AbortSignal): Promise<Map<SavedWrite, unknown>> {
    const { store } = this.#tools;
    const changes = plan.map(({ cell, value }): StoreChange => ({
      ...toRequest(cell.location), value, ...(cell.needsReading ? { expected: cell.current! } : {}),
    }));
    for (const { cell, value } of plan) {
      const from = cell.isComputed ? cell.current : undefined;
      for (const { write } of cell.parts) write.onSending(cell.location, value, from, write.isTransaction ? cell.current : undefined);
    }
    const attempt = changes.length === 1 ? this.#write(changes[0]!, signal) : store.commit!(changes, { signal });
    const sendings = plan.map(({ cell, value }): Sending => {
      const expected = cell.needsReading ? cell.current : undefined;
      const before = expected ?? (value === undefined ? undefined : { value: this.#tools.served(cell.location) });
      const sending: Sending = { value, expected, before, attempt, settled: undefined, followedBy: undefined };
      cell.sent.push(sending);
      return sending;
    });
    const forget = (): void => plan.forEach(({ cell }, index) => cell.sent.splice(cell.sent.indexOf(sendings[index]!), 1));
    try {
      const refusals = await attempt;
      for (const sending of sendings) sending.settled = 'stored';
      if (refusals.length === 0) {
        if (!signal.aborted) for (const write of writesOf(plan)) write.onSaved();
        return new Map();
      }
      forget();
      return this.#refusedBy(refusals, plan);
    } catch (error) {
      for (const sending of sendings) sending.settled = 'refused';
      if (isDefinite(error)) forget();
      throw this.#withoutSecrets(error, plan);
    }
  }

  async #write({ key, target, scope, value, expected }: StoreChange, signal: AbortSignal): Promise<readonly Refusal[]> {
    await this.#tools.store.write({ key, target, scope, value }, expected === undefined ? { signal } : { signal, expected });
    return [];
  }

  #refusedBy(refusals: readonly Refusal[], plan: readonly { readonly cell: Cell; readonly value: unknown }[]): Map<SavedWrite, unknown> {
    const refused = new Map<SavedWrite, unknown>();
    for (const { index, error } of refusals) {
      const planned = plan[index];
      if (planned === undefined) throw new StoreError('unknown', 'The store refused an unknown change.');
      refuseAll(planned.cell, this.#withoutSecrets(asStoreError(error), plan), refused);
    }
    return refused;
  }

  #withoutSecrets(error: unknown, plan: readonly { readonly cell: Cell; readonly value: unknown }[]): unknown {
    const secrets = plan.filter(({ cell }) => this.#tools.isSecret(cell.location.key)).map(({ value }) => value);
    return secrets.length === 0 ? error : withoutQuotes(error, secrets);
  }

  async #confirm(plan: readonly { readonly cell: Cell; readonly value: unknown }[], signal: AbortSignal): Promise<void> {
    const values = await this.#readBack(plan.map(({ cell }) => cell));
    // The guard has not waited for the look, and may try again: that it is stored must not be forgotten.
    if (signal.aborted) return;
    const lost: Cell[] = [];
    for (const [index, { cell, value }] of plan.entries()) {
      cell.current = { value: values[index] };
      if (sameData(values[index], value)) cell.stored = { value };
      else lost.push(cell);
    }
    this.#forgetParts();
    // Of what was stored as it should be, nothing can be applied later.
    for (const { cell } of plan) if (cell.stored !== undefined) cell.sent.pop();
    if (lost.length > 0) this.#onLost(lost);
  }

  /** The store has said that it has stored them, and holds something else. @throws StoreError to be tried again */
  #onLost(lost: readonly Cell[]): void {
    const refused = new Map<SavedWrite, unknown>();
    for (const cell of lost) {
      const error = cell.isComputed ? this.#whyNotAgain(cell, cell.sent.at(-1)!) : undefined;
      if (error === undefined) cell.sent.at(-1)!.settled = 'lost';
      else refuseAll(cell, error, refused);
    }
    for (const write of [...this.#open]) {
      if (this.#open.size > 1 && this.#cellsOf(write).every(({ stored }) => stored !== undefined)) this.#succeed(write);
    }
    this.#refuse(refused);
    const again = lost.find(({ parts, unverified }) => unverified && parts.length > 0);
    if (again !== undefined && this.#refusals.size === 0) throw notVerified(again.location, true);
  }

  // ---- The answers

  /** Those that are refused by themselves are answered alone, unless there are no others: then it is the attempt that fails. */
  #refuse(refused: ReadonlyMap<SavedWrite, unknown>): void {
    if (refused.size === 0) return;
    if (refused.size === this.#open.size) this.#refusals = refused;
    else for (const [write, error] of refused) this.#fail(write, error);
  }

  #succeed(write: SavedWrite): void {
    this.#open.delete(write);
    const cells = this.#cellsOf(write);
    const ends = cells.map((cell) => ({ ...this.#endOf(cell, write), ok: true as const, value: cell.stored!.value }));
    write.onStored(ends, this.#wasOvertaken(write, cells));
  }

  /** Notes that what was sent last is there. */
  #isThere(cell: Cell): boolean {
    const last = cell.sent.at(-1);
    if (last === undefined || cell.current === undefined || !sameData(cell.current.value, last.value)) return false;
    cell.noteFound(last);
    cell.stored = { value: last.value };
    return true;
  }

  /** Its own value was never in the file: that of a newer write was, which is not computed from it, or takes its place. */
  #wasOvertaken(write: SavedWrite, [cell, ...others]: readonly Cell[]): boolean {
    if (cell === undefined || others.length > 0) return false;
    const own = cell.sentParts.findIndex((part) => part.write === write);
    const later = cell.sentParts.slice(own + 1);
    const asked = cell.sentParts[own]?.asked;
    // What is computed from it may be the same.
    if (asked?.kind === 'value' && sameData(asked.value, cell.stored?.value)) return false;
    return later.length > 0 && (asked?.kind === 'value' || later.some((part) => part.asked.kind === 'value'));
  }

  #fail(write: SavedWrite, error: unknown): void {
    const cells = this.#cellsOf(write);
    for (const cell of cells) if (cell.stored === undefined) this.#isThere(cell);
    const hasLeft = error instanceof AbortedError || error instanceof DisposedError;
    if (!hasLeft && cells.every(({ stored }) => stored !== undefined)) return this.#succeed(write);
    const ends = cells.map((cell): ChangeEnd => {
      const end = this.#endOf(cell, write);
      if (cell.stored !== undefined) return { ...end, ok: true, value: cell.stored.value };
      return { ...end, ok: false, unknown: isInDoubt(cell, error), unverified: cell.unverified };
    });
    this.#open.delete(write);
    for (const cell of cells) cell.parts.splice(cell.parts.indexOf(partOf(cell, write)!), 1);
    // A caller can abort just as its value is stored.
    const mayBeStored = ends.some((end) => (end.ok ? !write.isTransaction : end.unknown));
    // Others may have the same reason, and each its own outcome.
    const undo = write.onFailed(ends, withOutcome(ownCopy(error), mayBeStored ? 'unknown' : 'not stored'));
    if (undo !== undefined) this.#undos.push(undo);
  }

  /** What may still be applied is followed for one of the writes that have asked for it: the last. */
  #endOf(cell: Cell, write: SavedWrite): Pick<ChangeEnd, 'location' | 'unconfirmed' | 'mayStillApply' | 'before'> {
    const isLast = cell.parts.at(-1)?.write === write;
    const unconfirmed = cell.unconfirmed();
    if (isLast) for (const sending of cell.sent) sending.followedBy = write;
    return {
      location: cell.location,
      before: partOf(cell, write)?.before,
      unconfirmed: isLast ? unconfirmed : unconfirmed.map((each) => ({ ...each, landings: 0 })),
      mayStillApply: cell.sent.some((sending) => cell.mayStillApply(sending)),
    };
  }

  /** Reads once more what was sent and not confirmed. `left`: the callers do not wait for that. */
  async #lookAtDoubtful(failure: unknown): Promise<'left' | undefined> {
    const doubtful = this.#cellsToStore().filter(({ sent }) => sent.length > 0);
    for (const cell of this.#cells.values()) cell.current = undefined;
    if (failure instanceof AbortedError || failure instanceof DisposedError) return 'left';
    if (doubtful.length === 0) return undefined;
    const seen = await untilAbort(this.#signal, lookAll(this.#tools, doubtful.map(({ location }) => location)));
    for (const [index, cell] of doubtful.entries()) cell.current = seen?.[index];
    return undefined;
  }

  /** Those that a write still asks for, and that are not stored yet. */
  #cellsToStore(): Cell[] {
    return [...this.#cells.values()].filter(({ parts, stored }) => parts.length > 0 && stored === undefined);
  }

  #cellsOf({ changes }: SavedWrite): Cell[] {
    return changes.map(({ location }) => this.#cells.get(locationId(location))!);
  }
}

/** The store has said that it is stored. */
const saidStored = ({ settled }: Sending): boolean => settled === 'stored' || settled === 'lost';

const writesOf = (plan: readonly { readonly cell: Cell }[]): Set<SavedWrite> => new Set(plan.flatMap(({ cell }) => cell.parts.map(({ write }) => write)));

/** Each for its first reason. */
function refuseAll({ parts }: Cell, error: unknown, refused: Map<SavedWrite, unknown>): void {
  for (const { write } of parts) if (!refused.has(write)) refused.set(write, error);
}

const partOf = ({ parts }: Cell, write: SavedWrite): Part | undefined => parts.find((part) => part.write === write);

/** Whether nobody can tell if what was sent is stored, or will be. */
function isInDoubt(cell: Cell, failure: unknown): boolean {
  const last = cell.sent.at(-1);
  if (last === undefined) return false;
  const { current } = cell;
  // A refusal that leaves doubt says so by its own reason; any other end says nothing of earlier attempts.
  const speaksForItself = failure instanceof StoreError && !isDefinite(failure);
  const isBuiltOn = cell.isComputed && (cell.sent.some(saidStored) || mayBeBuiltOn(last.expected, current?.value));
  return current === undefined || cell.isUnsettled || isBuiltOn || !speaksForItself;
}

function notVerified({ key, target }: SettingLocation, retryable: boolean): StoreError {
  return new StoreError('not-verified', `"${key}" was written, but the ${target} settings hold another value.`, { retryable, context: { key } });
}

function changedMeanwhile({ key }: SettingLocation): StoreError {
  return new StoreError('newer', `"${key}" was changed by someone else meanwhile.`, { context: { key } });
}

/** What a look has found, or `undefined` as soon as the caller leaves (P5). */
function untilAbort<T>(signal: CallerSignal | undefined, looking: Promise<T | undefined>): Promise<T | undefined> {
  if (signal === undefined) return looking;
  return new Promise((resolve) => {
    const leave = { onAbort: () => resolve(undefined) };
    if (signal.aborted) resolve(undefined);
    else onAbort(signal, leave);
    void looking.then((found) => {
      offAbort(signal, leave);
      resolve(found);
    });
  });
}
