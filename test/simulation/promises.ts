import { getEventListeners } from 'node:events';
import type { StoreReason } from '../../src/errors.ts';
import type { ServiceEvent } from '../../src/service/events.ts';
import type { Attempt, Backend, Change } from './backend.ts';
import { fileOfTarget } from './backend.ts';
import { keyOf, slotIn, tagOf, type AnyError, type Life, type Operation, type Watcher } from './life.ts';
import { asRead, definition, isDeeplyFrozen, keys, placeNames, places, readers, same, text, type Key } from './settings.ts';
import type { RunOptions } from './steps.ts';

/** A promise that was broken. */
export interface Violation {
  readonly property: string;
  readonly message: string;
}

/** Refusals by the store that leave it open, by their own reason, whether the value is stored. */
const reasonsInDoubt: readonly StoreReason[] = ['io', 'unknown', 'not-verified', 'no-space', 'shutting-down'];
/** An attempt may take so long, in milliseconds. */
const attemptTimeout = 5_000;
/** One write takes at most its budget of 30 s and a last look of 5 s. */
const longestWrite = 35_000;
/** For each setting a look and a write, and then 30 s of rolling back, the last of it begun just in time. */
const longestTransaction = 4 * (5_000 + longestWrite) + 30_000 + 30_000;

/** Those of an actor: its supervisor, whatever mirrors it, and somebody who looks. */
const mostObservers = 4;

/** What the caller was told of one setting. */
export type Told = 'stored' | 'superseded' | 'not stored' | 'unknown' | 'nothing';

export function told({ result, error, answered, life, place }: Operation, key: Key): Told {
  if (answered === undefined) return 'nothing';
  if (result !== undefined) return result.outcome;
  const { code, outcome, reason, context, notRestored } = error!;
  if (code === 'TRANSACTION') {
    const cause = error!.cause as AnyError | undefined;
    // Of what is stored by one save all is as much in doubt.
    const isConcerned = context['failedKey'] === key || life.store.together.has(fileOfTarget(places[place].target));
    const inDoubt = isConcerned && cause?.code === 'STORE' && reasonsInDoubt.includes(cause['reason'] as StoreReason);
    return inDoubt || (notRestored as string[]).includes(key) ? 'unknown' : 'not stored';
  }
  if (outcome !== undefined) return outcome as Told;
  return context['outcome'] === 'unknown' || (code === 'STORE' && reasonsInDoubt.includes(reason as StoreReason)) ? 'unknown' : 'not stored';
}

/** Is this the stored value of that write, or does it build on it? */
export function holdsOwn({ kind, values }: Operation, key: Key, stored: unknown): boolean {
  if (kind === 'append') return Array.isArray(stored) && stored.includes(tagOf(values.get(key)));
  return same(stored, values.get(key));
}

/** What was there before is there again, and had not come late: what lands after it was given up is undone as it is found. */
function isTakenBack(changes: readonly Change[], value: unknown): boolean {
  const before = changes.at(-2);
  return before !== undefined && !before.late && same(before.value, value);
}

/** Checks what the service promises, as it happens and after each step. Nothing here is taken from the product. */
export class Promises implements Watcher {
  readonly backend: Backend;
  readonly tally: Map<string, number>;
  readonly #options: RunOptions;
  first: Violation | undefined;
  readonly #superseded: Operation[] = [];

  constructor(backend: Backend, options: RunOptions, tally: Map<string, number>) {
    this.backend = backend;
    this.#options = options;
    this.tally = tally;
  }

  violation(property: string, message: string): void {
    this.first ??= { property, message };
  }

  count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  // ---- As it happens

  onAnswer(operation: Operation): void {
    const { result, error, values, number } = operation;
    this.count(result === undefined ? `outcome: ${error!.code}${error!.code === 'STORE' ? ` ${String(error!['reason'])}` : ''}` : `outcome: ${result.outcome}`);
    if (result?.shadowedBy !== undefined) this.count(`shadowed by: ${result.shadowedBy}`);
    if (error !== undefined && (!(error instanceof Error) || typeof error.code !== 'string' || typeof error.retryable !== 'boolean')) {
      this.violation('P9', `operation ${number} was refused with ${String(error)}`);
    }
    this.#checkInTime(operation);
    this.#checkComputedAgain(operation);
    for (const key of values.keys()) {
      const what = told(operation, key);
      this.count(`told: ${what}`);
      if (what === 'stored') this.#checkStored(operation, key);
      if (what === 'not stored') this.#checkNotStored(operation, key);
    }
    if (result?.outcome === 'superseded') this.#superseded.push(operation);
    if (error?.code === 'QUEUE_FULL') this.#checkFull(operation);
    if (error?.code === 'ABORTED' && operation.controller?.signal.aborted !== true) this.violation('P6', `operation ${number} was aborted by nobody`);
    if (error?.code === 'DISPOSED' && !operation.life.disposing) this.violation('P40', `operation ${number} was refused as disposed, and the service is not`);
    if (operation.life.disposed && error?.code !== 'DISPOSED') this.violation('P40', `operation ${number} ended after the disposal`);
  }

  /** P26: within the time that its own attempts may take, and those of what was there before it, a probe as well. */
  #checkInTime({ number, how, ahead, behindProbe, calledAt, answeredAt, kind, life }: Operation): void {
    if (how.park || life.pausedAt >= calledAt) return;
    const isAlone = ahead === 0 && (kind === 'set' || kind === 'append');
    const limit = (behindProbe ? attemptTimeout : 0) + (isAlone ? longestWrite : (ahead + 1) * longestTransaction);
    const took = answeredAt! - calledAt;
    if (took > limit) this.violation('P26', `operation ${number} of life ${life.number} took ${took} ms`);
  }

  /** P28: beside others who save the file it is computed again, and refused only when that goes on for half the time of an attempt. */
  #checkComputedAgain({ number, kind, error, calledAt, answeredAt, life }: Operation): void {
    if ((kind !== 'set' && kind !== 'append') || life.pausedAt >= calledAt) return;
    const took = answeredAt! - calledAt;
    if (error?.code === 'STORE' && error['reason'] === 'newer' && took < attemptTimeout / 4) this.violation('P28', `operation ${number} was refused as "newer" after ${took} ms`);
  }

  /** P20: it was there at some moment of the call; and unless that has changed since, it can be seen. */
  #checkStored(operation: Operation, key: Key): void {
    const { number, life, place, called, result } = operation;
    const slot = slotIn(place, key);
    if (!this.backend.held(slot, called, (stored) => holdsOwn(operation, key, stored))) this.violation('P20', `"${key}" of operation ${number} is said to be stored in ${slot}, and never was`);
    const stored = this.backend.value(slot);
    if (!holdsOwn(operation, key, stored) || result!.shadowedBy !== undefined || stored === undefined) return;
    const { scope } = places[place];
    const shown = life.service.get(key, Object.keys(scope).length === 0 ? undefined : scope);
    const isShown = operation.kind === 'append' ? holdsOwn(operation, key, shown) : key === 'tree' ? same({ ...(shown as object), ...(stored as object) }, shown) : same(shown, stored);
    // Another window may have stored it elsewhere while the answer was on its way.
    const overtaken = placeNames.some((other) => {
      const last = this.backend.changesOf(slotIn(other, key)).at(-1);
      return other !== place && last !== undefined && last.order > operation.called && same(last.value, shown);
    });
    if (!isShown && !overtaken) this.violation('P20', `"${key}" of operation ${number} is stored in ${slot}, and get shows ${text(shown)}`);
  }

  /** P22, P27, P29: what is said not to be stored is not, and will not be. */
  #checkNotStored(operation: Operation, key: Key): void {
    const { number, error, place, values } = operation;
    if (values.get(key) === undefined) return;
    const slot = slotIn(place, key);
    const isThere = error!.code === 'TRANSACTION'
      ? holdsOwn(operation, key, this.backend.value(slot))
      : this.backend.changesOf(slot).some(({ value, by }) => by !== undefined && holdsOwn(operation, key, value));
    if (isThere) this.violation(error!.code === 'TRANSACTION' ? 'P24' : 'P29', `"${key}" of operation ${number} is said not to be stored (${error!.code}), and is or was`);
  }

  /** P25: refused only when there was no room. */
  #checkFull({ number, ahead }: Operation): void {
    if (ahead < this.#options.capacity) this.violation('P25', `operation ${number} was refused by a queue with ${ahead} of ${this.#options.capacity}`);
  }

  onWrite(life: Life, attempt: Attempt): void {
    this.count('store write');
    const key = keyOf(attempt.slot);
    const owners = life.operationsAt(attempt.slot).filter((operation) => this.#asked(operation, key, attempt.value));
    const wasThere = this.backend.hasHeld(attempt.slot, attempt.value);
    // Rolling back, and restoring what a late write has undone, store what was there before.
    if (owners.length === 0 && !wasThere && attempt.value !== undefined) this.violation('P22', `nobody asked for ${text(attempt.value)} in ${attempt.slot}`);
    if (attempt.value !== undefined && !wasThere) {
      const refused = owners.find((operation) => told(operation, key) === 'not stored');
      if (refused !== undefined) this.violation('P27', `operation ${refused.number} is written after it was refused with ${refused.error!.code}`);
    }
    if (life.isOver) this.violation('P40', `${attempt.slot} is written after the end of the service`);
    const other = this.backend.openAttempts().find((each) => each.save !== attempt.save && each.life === life.number && each.file === attempt.file);
    if (other !== undefined) this.violation('P23', `${attempt.slot} is written while ${other.slot} is, in the same file`);
    for (const operation of owners) this.#checkAttempts(operation, attempt);
  }

  /** Is it written now, alone or with others? */
  #asked(operation: Operation, key: Key, value: unknown): boolean {
    const { kind, values, place } = operation;
    if (kind !== 'append') return same(value, values.get(key));
    if (!holdsOwn(operation, key, value)) return false;
    return (value as readonly string[]).at(-1) === tagOf(values.get(key)) || !holdsOwn(operation, key, this.backend.value(slotIn(place, key)));
  }

  /** P5, P8: no further attempt after an abort, or after a refusal for good. */
  #checkAttempts({ number, life, kind, how, controller, answered, values }: Operation, { slot, value }: Attempt): void {
    if (kind !== 'set' || how.park || answered !== undefined || value === undefined) return;
    const earlier = this.backend.attemptsAt(life.number, slot).filter((each) => same(each.value, value)).slice(0, -1);
    // Where another writer is faster, the same attempt goes on.
    const attempts = earlier.filter(({ collided }) => collided !== true).length;
    if (attempts >= 3) this.violation('P8', `operation ${number} is attempted for the ${attempts + 1}th time`);
    if (earlier.some(({ refusedForGood }) => refusedForGood)) this.violation('P8', `operation ${number} is attempted again after a refusal for good: ${text(value)} in ${slot}`);
    if (controller?.signal.aborted === true) this.violation('P5', `operation ${number} (${[...values.keys()].join()}) is attempted after its abort`);
  }

  /** One save of a life has changed a file. */
  onSave(by: Attempt, changes: readonly Change[], lives: readonly Life[]): void {
    for (const change of changes) this.onChange(change, lives);
    const life = lives.find(({ number }) => number === by.life)!;
    if (!life.store.oneByOne.has(by.file)) for (const operation of life.operations) this.#checkWhole(operation, by.file, changes);
  }

  /** P24: where one save can hold all of it, a transaction is never half there. */
  #checkWhole(operation: Operation, file: string, changes: readonly Change[]): void {
    const { number, kind, place, values, life, called } = operation;
    if (kind !== 'transaction' || values.size < 2 || fileOfTarget(places[place].target) !== file) return;
    const slots = [...values].map(([key, value]) => ({ slot: slotIn(place, key), key, value }));
    if (!changes.some((change) => slots.some(({ slot }) => slot === change.slot))) return;
    // What the store has made of it is not the service's.
    const isLied = slots.some(({ slot, value }) => this.backend.attemptsAt(life.number, slot).some((attempt) => attempt.lied === true && same(value, attempt.value)));
    if (isLied) return;
    const there = slots.filter(({ slot, value }) => this.backend.holds(slot, value));
    const begun = changes.some(({ slot, value }) => slots.some((own) => own.slot === slot && same(own.value, value)));
    const missing = begun ? slots.find(({ slot, value }) => !this.backend.held(slot, called, (stored) => same(stored, value))) : undefined;
    if (begun && missing !== undefined) this.violation('P24', `a part of operation ${number} of life ${life.number} is stored, and "${missing.key}" is not`);
    // Taken back, though nobody has asked for what is there now.
    const undone = slots.find(({ slot, key, value }) => changes.some((change) => change.slot === slot && !change.corrupt && !same(change.value, value) && isTakenBack(this.backend.changesOf(slot), value)
      && !life.operationsAt(slot).some((other) => other !== operation && this.#asked(other, key, change.value))));
    if (undone !== undefined && there.length > 0) this.violation('P24', `a part of operation ${number} of life ${life.number} is taken back, "${undone.key}", and "${there[0]!.key}" is still there`);
  }

  /** P27, P29: nothing is stored after its caller was told that it is not. */
  onChange({ slot, value, by }: Change, lives: readonly Life[]): void {
    if (by === undefined || value === undefined) return;
    const key = keyOf(slot);
    for (const life of lives) {
      for (const operation of life.operationsAt(slot)) {
        if (!this.#asked(operation, key, value) || told(operation, key) !== 'not stored') continue;
        this.violation('P27', `"${key}" of operation ${operation.number} lands after it was refused with ${operation.error!.code}`);
      }
    }
  }

  onEvent(life: Life, event: ServiceEvent): void {
    switch (event.type) {
      case 'breaker':
        this.count(`breaker: ${event.from} to ${event.to}`);
        if (event.to === 'OPEN' && !life.isOver && life.service.status !== 'unhealthy') this.violation('P60', `${life.service.status} while a breaker is open`);
        break;
      case 'late':
        this.count(`late: ${event.outcome}${event.reasserted ? ', reasserted' : ''}`);
        break;
      case 'reconciled':
        this.count(`reconciled: ${event.outcome}`);
        break;
      case 'crash':
        this.count(event.givenUp ? 'crash: given up' : 'crash');
        break;
      case 'health': case 'parked': case 'load-failed': case 'invalid': case 'mended': case 'warning':
        this.count(event.type);
        break;
    }
  }

  // ---- After each step

  /** @param settled everything has happened that can happen at this moment */
  check(life: Life, settled: boolean): void {
    this.checkReads(life);
    life.checkKnown();
    if (life.isOver) return;
    this.#checkHealth(life);
    this.#checkQueues(life);
    if (settled) this.#checkSettled(life);
  }

  /** P30, P32, P52 */
  checkReads(life: Life): void {
    for (const [reader, scope] of readers.entries()) {
      const looked = life.looked[reader]!;
      for (const key of keys) {
        const value = life.service.get(key, scope);
        // A frozen value that was valid once is valid for good.
        if (looked.get(key) === value && looked.has(key)) continue;
        const legal = asRead(key, value);
        if (legal === undefined || !same(legal.value, value)) this.violation('P30', `get shows ${text(value)} for "${key}"`);
        if (!isDeeplyFrozen(value)) this.violation('P32', `what get shows for "${key}" can be changed`);
        looked.set(key, value);
      }
    }
    if (!Object.isFrozen(life.service.values)) this.violation('P32', 'values can be changed');
    if (!this.backend.trusted) this.#checkTrust(life);
  }

  #checkTrust(life: Life): void {
    for (const scope of readers) {
      const value = life.service.get('tool', scope);
      const isAllowed = same(definition.defaults.tool, value) || (['user', 'language'] as const).some((place) => this.backend.hasHeld(slotIn(place, 'tool'), value));
      if (!isAllowed) this.violation('P52', `get shows ${text(value)}, which an untrusted workspace says`);
    }
  }

  /** P60 */
  #checkHealth({ service, disposed }: Life): void {
    const modes = service.breakers().map(({ mode }) => mode);
    const { status } = service;
    const expected = modes.includes('OPEN') ? ['unhealthy'] : modes.includes('HALF_OPEN') || service.issues.length > 0 ? ['degraded', 'unhealthy'] : ['healthy', 'degraded', 'unhealthy'];
    if (!disposed && !expected.includes(status)) this.violation('P60', `${status} with breakers ${modes.join()} and ${service.issues.length} issues`);
  }

  /** P25 */
  #checkQueues({ service }: Life): void {
    for (const { file, queueDepth } of service.breakers()) {
      // Besides those that wait, as many may be on their way.
      const underWay = this.#options.together.length > 0 ? this.#options.capacity + 1 : 1;
      if (queueDepth > this.#options.capacity + underWay) this.violation('P25', `the queue of ${file} holds ${queueDepth}`);
    }
  }

  #checkSettled(life: Life): void {
    const { service, answered } = life;
    const { operationCount, successCount, errorCount, errors } = service.metrics();
    if (operationCount !== answered || successCount + errorCount !== operationCount) this.violation('P61', `${answered} operations have ended, and ${operationCount} are counted`);
    const byCode = Object.values(errors).reduce((sum, count) => sum + count, 0);
    if (byCode !== errorCount) this.violation('P61', `${errorCount} errors, and ${byCode} by their codes`);
    for (const operation of life.pending) this.#checkPending(operation);
    this.#checkListeners(life);
    this.#checkObservers(life);
    for (const operation of this.#superseded.splice(0)) this.#checkSuperseded(operation);
  }

  /** P14: one listener for each signal, whoever has to hear of it; none once that has ended. */
  #checkListeners({ abortable }: Life): void {
    for (const operation of abortable) {
      const { number, controller, answered } = operation;
      const count = getEventListeners(controller!.signal, 'abort').length;
      if (count > (answered === undefined ? 1 : 0)) this.violation('P14', `${count} listeners wait for the abort of operation ${number}`);
    }
  }

  /** P15: however much has happened, no more hear of the next. XState does not tell, so its own list is counted. */
  #checkObservers({ service }: Life): void {
    for (const [id, child] of Object.entries(service.supervisor.getSnapshot().children)) {
      const { observers } = child as unknown as { readonly observers: ReadonlySet<unknown> };
      if (!(observers instanceof Set)) throw new Error('XState keeps the observers of an actor elsewhere: this check needs to know where.');
      if (observers.size > mostObservers) this.violation('P15', `${observers.size} observers follow ${id}`);
    }
  }

  /** P5, P24 */
  #checkPending(operation: Operation): void {
    const { number, kind, controller, life, values, place } = operation;
    if (controller?.signal.aborted === true && (kind === 'set' || kind === 'append')) this.violation('P5', `operation ${number} goes on after its abort`);
    if (kind !== 'transaction') return;
    const { scope } = places[place];
    for (const [key, value] of values) {
      if (value !== undefined && same(life.service.get(key, Object.keys(scope).length === 0 ? undefined : scope), value)) {
        this.violation('P24', `a reader sees "${key}" of operation ${number}, a transaction that is under way`);
      }
    }
  }

  /** What took its place was stored. */
  #checkSuperseded({ number, called, life, place, values }: Operation): void {
    const [key] = values.keys();
    // The caller of the newer one may have left.
    const newer = life.operations.find((each) => each.called > called && each.place === place && each.values.has(key!)
      && (each.result?.outcome === 'stored' || this.backend.held(slotIn(place, key!), each.called, (stored) => holdsOwn(each, key!, stored))));
    if (newer === undefined) this.violation('P20', `operation ${number} was superseded by nothing`);
  }
}
