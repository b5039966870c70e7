import type { Priority } from '../../machines/bulkhead-options.ts';
import { AbortedError } from '../errors.ts';
import { offAbort, onAbort } from './abort-fanout.ts';
import type { Attempt, Operation } from './attempt.ts';
import type { CallPolicy, PolicyHost, PolicyOptions } from './options.ts';
import { reasonOf } from './signals.ts';

/**
 * One call for all who ask for the same: while a call with this key waits or runs, a further one joins it instead of calling the
 * operation again, and all are given its result. One that is aborted leaves the others alone; when all have left, the call
 * itself is aborted. A more urgent one that joins a call which still waits for a slot takes it along.
 *
 * ```ts
 * await git.execute(readStatus, { with: shared('status') });
 * ```
 */
export function shared(key: string): CallPolicy {
  return (host, operation, options) => {
    const calls = callsOf(sharedCalls, host);
    let call = calls.get(key);
    if (call === undefined) {
      const made: SharedCall = new SharedCall(host, operation, options, () => {
        if (calls.get(key) === made) calls.delete(key);
      });
      calls.set(key, (call = made));
    }
    return call.join(options) as never;
  };
}

/**
 * The newest call is the one that counts: it takes the place of the call with this key that waits or runs, which ends with an
 * `AbortedError`; the signal of its attempt is aborted.
 *
 * ```ts
 * await search.execute(({ signal }) => find(text, signal), { with: latest('search') });
 * ```
 */
export function latest(key: string): CallPolicy {
  return (host, operation, options) => {
    const calls = callsOf(latestCalls, host);
    const controller = new AbortController();
    const { signal } = options;
    const member = { onAbort: () => controller.abort(reasonOf(signal)) };
    if (signal !== undefined) onAbort(signal, member);
    calls.get(key)?.abort(new Error(`A newer call of ${host.name} takes its place.`));
    calls.set(key, controller);
    return host.execute(operation, { ...options, signal: controller.signal }).finally(() => {
      if (signal !== undefined) offAbort(signal, member);
      if (calls.get(key) === controller) calls.delete(key);
    });
  };
}

const sharedCalls = /* @__PURE__ */ new WeakMap<PolicyHost, Map<string, SharedCall>>();
const latestCalls = /* @__PURE__ */ new WeakMap<PolicyHost, Map<string, AbortController>>();

function callsOf<C>(all: WeakMap<PolicyHost, Map<string, C>>, host: PolicyHost): Map<string, C> {
  let calls = all.get(host);
  if (calls === undefined) all.set(host, (calls = new Map()));
  return calls;
}

const urgency: Readonly<Record<Priority, number>> = { interactive: 0, normal: 1, background: 2 };

/** One who waits for a shared call. */
interface Member {
  readonly settle: (how: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void) => void;
}

/** A call that several wait for. */
class SharedCall {
  readonly #host: PolicyHost;
  readonly #operation: Operation<unknown>;
  readonly #options: PolicyOptions;
  readonly #onEnd: () => void;
  readonly #members = new Set<Member>();
  #priority: Priority;
  #controller = new AbortController();
  #hasBegun = false;

  constructor(host: PolicyHost, operation: Operation<unknown>, options: PolicyOptions, onEnd: () => void) {
    this.#host = host;
    this.#operation = operation;
    this.#options = options;
    this.#priority = options.priority;
    this.#onEnd = onEnd;
    this.#run();
  }

  join({ signal, priority }: PolicyOptions): Promise<unknown> {
    if (urgency[priority] < urgency[this.#priority] && !this.#hasBegun) this.#hurry(priority);
    return new Promise((resolve, reject) => {
      const listener = { onAbort: () => this.#leave(member, new AbortedError(this.#host.name, 'unknown', { cause: reasonOf(signal) })) };
      const member: Member = {
        settle: (how) => {
          this.#members.delete(member);
          if (signal !== undefined) offAbort(signal, listener);
          how(resolve, reject);
        },
      };
      this.#members.add(member);
      if (signal !== undefined) onAbort(signal, listener);
    });
  }

  #leave(member: Member, error: AbortedError): void {
    member.settle((_, reject) => reject(error));
    if (this.#members.size > 0) return;
    this.#onEnd();
    this.#controller.abort(error);
  }

  /** It leaves the queue, and joins it again among the more urgent. */
  #hurry(priority: Priority): void {
    const before = this.#controller;
    this.#controller = new AbortController();
    this.#priority = priority;
    before.abort();
    this.#run();
  }

  #run(): void {
    const controller = this.#controller;
    const operation = (attempt: Attempt): unknown => {
      this.#hasBegun = true;
      return this.#operation(attempt);
    };
    const end = (how: Parameters<Member['settle']>[0]): void => {
      // One that has joined the queue again says nothing.
      if (controller !== this.#controller) return;
      this.#onEnd();
      for (const member of [...this.#members]) member.settle(how);
    };
    this.#host.execute(operation, { ...this.#options, priority: this.#priority, signal: controller.signal }).then(
      (value) => end((resolve) => resolve(value)),
      (error: unknown) => end((_, reject) => reject(error)),
    );
  }
}
