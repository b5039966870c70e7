import { StoreError, TransactionError, type ConfigurationError } from '../../errors.ts';
import type { Guard } from '../../guard/guard.ts';
import { sameData } from '../../settings/plain-data.ts';
import type { From } from './asked.ts';
import { isSameLocation, toRequest, type SettingLocation } from './location.ts';
import { besideOthers, canCommit, isDefinite, locked, lookAll, lookLimit } from './looks.ts';
import { leftBefore } from './outcome.ts';
import { Save, type ChangeEnd } from './save.ts';
import type { Change } from './asked.ts';
import type { Write } from './write.ts';

/** What a transaction has changed, or may have. */
interface Touched {
  readonly location: SettingLocation;
  /** What was there before. */
  readonly before: unknown;
  readonly asked: unknown;
  /** Whatever is there now may be of our doing: the store has stored something else than it was asked to. */
  readonly garbled: boolean;
  /** An attempt that was given up may still be applied. */
  readonly mayStillApply: boolean;
}

/** For so long a failed transaction tries to restore what it has touched, in milliseconds. */
const rollBackLimit = 30_000;

/**
 * Several settings of one target, all or none (P24).
 *
 * Where one save can hold all of them there is never a part of it to be seen. Over several files, or where the store takes only
 * one setting at a time, they are stored one after the other, and what is half done is undone when one of them fails.
 */
export class Transaction {
  readonly #write: Write;
  readonly #touched: Touched[] = [];
  readonly #rolledBack = new Set<string>();
  #at = '';

  constructor(write: Write) {
    this.#write = write;
  }

  get hasTouched(): boolean {
    return this.#touched.length > 0;
  }

  /** Stores the changes one file after the other, or one after the other. @returns why it failed, undone by then */
  async run(guards: ReadonlyMap<string, Guard>): Promise<{ readonly error: unknown } | undefined> {
    const failure = await this.#apply(guards);
    if (failure !== undefined) await this.#rollBack();
    return failure;
  }

  /** One save should have stored them all, and has failed: whatever of it is there all the same is undone. */
  async undo(ends: readonly ChangeEnd[]): Promise<void> {
    this.#noteAll(ends);
    await this.#rollBack();
  }

  /** Says what is as it was before, and what is not. */
  failure(cause: unknown, inDoubt: Iterable<string>): unknown {
    if (!this.hasTouched) return cause;
    const touched = new Set([...this.#touched.map(({ location }) => location.key), ...inDoubt]);
    const { retryable, userAction } = cause as ConfigurationError;
    return new TransactionError(this.#at, [...this.#rolledBack], [...touched].filter((key) => !this.#rolledBack.has(key)), {
      cause, retryable, ...(userAction === undefined ? {} : { userAction }),
    });
  }

  // ---- One after the other

  async #apply(guards: ReadonlyMap<string, Guard>): Promise<{ readonly error: unknown } | undefined> {
    for (const changes of this.#together(this.#write.changes)) {
      const [{ location }] = changes;
      this.#at = location.key;
      const early = await this.#lookBefore(changes);
      if (early !== undefined) return early;
      const { ends, failure } = await this.#save(changes, guards.get(location.file)!);
      this.#write.conclude(ends);
      this.#noteAll(ends);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** What one save can hold together. */
  #together<T extends { readonly location: SettingLocation }>(all: readonly T[]): (readonly [T, ...T[]])[] {
    const steps: [T, ...T[]][] = [];
    for (const each of all) {
      const { location: own } = each;
      const isPossible = canCommit(this.#write.host.tools, own);
      const together = isPossible ? steps.find(([{ location }]) => location.file === own.file) : undefined;
      if (together === undefined) steps.push([each]);
      else together.push(each);
    }
    return steps;
  }

  /** A file that cannot be read says why before anything is written. */
  async #lookBefore(changes: readonly [Change, ...Change[]]): Promise<{ readonly error: unknown } | undefined> {
    const { tools } = this.#write.host;
    const { signal } = this.#write;
    const { key } = changes[0].location;
    let failure: unknown = new StoreError('io', `"${key}" could not be read before the transaction.`);
    let seen = false;
    try {
      const result = await besideOthers(tools, lookLimit, signal, () => tools.patience.within(lookLimit, () => tools.store.readBack(toRequest(changes[0].location))));
      seen = result?.timedOut === false;
    } catch (error) {
      if (isDefinite(error)) failure = error;
    }
    if (signal?.aborted === true) return { error: leftBefore({ keys: [key] }, signal) };
    return seen ? undefined : { error: failure };
  }

  async #save(changes: readonly Change[], guard: Guard): Promise<{ readonly ends: readonly ChangeEnd[]; readonly failure: { readonly error: unknown } | undefined }> {
    const write = this.#write;
    let ends: readonly ChangeEnd[] = [];
    let failure: { readonly error: unknown } | undefined;
    const part = {
      changes,
      isTransaction: true,
      signal: write.signal,
      earlier: () => undefined,
      onSending: (location: SettingLocation, value: unknown, from: From | undefined, before: From | undefined) => write.onSending(location, value, from, before),
      onSaved: () => write.onSaved(),
      onStored: (all: readonly ChangeEnd[]) => void (ends = all),
      onFailed: (all: readonly ChangeEnd[], error: unknown) => {
        ends = all;
        failure = { error };
        return undefined;
      },
    };
    await new Save(write.host.tools, guard, [part], write.isCritical).run();
    return { ends, failure };
  }

  // ---- And back

  #askedAt(location: SettingLocation): unknown {
    const asked = this.#write.changes.find((change) => isSameLocation(change.location, location))?.asked;
    return asked?.kind === 'value' ? asked.value : undefined;
  }

  #noteAll(ends: readonly ChangeEnd[]): void {
    for (const end of ends) this.#note(end);
    this.#at = ends.find(({ ok }) => !ok)?.location.key ?? this.#at;
  }

  #note(end: ChangeEnd): void {
    const { location, before, unconfirmed, mayStillApply } = end;
    if (before === undefined) return;
    const asked = this.#askedAt(location);
    if (end.ok) {
      if (!sameData(before.value, asked)) this.#touched.push({ location, before: before.value, asked, garbled: false, mayStillApply });
    } else if (unconfirmed.length > 0) {
      this.#touched.push({ location, before: before.value, asked, garbled: end.unverified, mayStillApply: end.unknown && mayStillApply });
    }
  }

  /** What one save can undo is undone by one, or stays as it is: nobody sees a part of that either. */
  async #rollBack(): Promise<void> {
    const { host } = this.#write;
    const deadline = host.clock.now() + rollBackLimit;
    for (const step of this.#together(this.#touched).reverse()) await this.#restore(step, deadline);
  }

  /** Past the breaker: an open one must not keep what was half done from being undone. */
  async #restore(all: readonly Touched[], deadline: number): Promise<void> {
    const { host } = this.#write;
    let left = all;
    for (let tries = 0; tries < 3; tries++) {
      if (left.length === 0 || !this.#write.isOpen || (tries === 0 && host.clock.now() >= deadline)) return;
      const seen = await lookAll(host.tools, left.map(({ location }) => location));
      const toSend = left.flatMap((touched, index) => this.#toRestore(touched, seen?.[index]));
      left = toSend.map(({ touched }) => touched);
      const changes = toSend.flatMap(({ touched: { location, before }, expected }) => (expected === undefined ? [] : [{ location, value: before, expected }]));
      if (changes.length > 0 && tries < 2 && this.#write.isOpen) await this.#send(changes);
    }
  }

  /** What is to be stored again, over what, as far as that is known; nothing, when it is as it was or not ours. */
  #toRestore(touched: Touched, now: From | undefined): readonly { readonly touched: Touched; readonly expected: From | undefined }[] {
    const { host } = this.#write;
    const { location, before, asked, garbled, mayStillApply } = touched;
    // What another program has stored since is not ours to undo.
    if (now !== undefined && (sameData(now.value, before) || (!garbled && !sameData(now.value, asked)))) {
      host.onKept(location, now.value, asked);
      if (!mayStillApply) this.#rolledBack.add(location.key);
      return [];
    }
    // Another program's, by its looks, stored in the moment before we looked: not ours to undo, and not as it was.
    if (now !== undefined && garbled && !sameData(now.value, asked) && host.isValid(location, now.value)) return [];
    // Unseen, it is restored only where what was asked for is still there.
    return [{ touched, expected: now ?? (garbled ? undefined : { value: asked }) }];
  }

  async #send(changes: readonly { readonly location: SettingLocation; readonly value: unknown; readonly expected: From }[]): Promise<void> {
    const { tools } = this.#write.host;
    const requests = changes.map(({ location, value, expected }) => ({ ...toRequest(location), value, expected }));
    const controller = new AbortController();
    const { signal } = controller;
    const attempts: Promise<unknown>[] = [];
    try {
      const result = await tools.patience.within(lookLimit, () => locked(tools, changes[0]!.location, signal, async () => {
        const [{ expected, ...request }] = requests as [typeof requests[number]];
        const sending = requests.length === 1 ? tools.store.write(request, { signal, expected }) : tools.store.commit!(requests, { signal });
        attempts.push(sending);
        await sending;
      }));
      if (!result.timedOut) return;
      controller.abort();
    } catch (error) {
      if (isDefinite(error)) return;
    }
    // Stored or not, the next look tells.
    if (attempts.length === 0) return;
    for (const { location, value } of changes) {
      this.#write.host.onUnconfirmed(this.#write, location, [{ from: undefined, value, attempts, landings: attempts.length }], false);
    }
  }
}
