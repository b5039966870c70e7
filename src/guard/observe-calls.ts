import type { RunningAttempt } from './call.ts';
import type { GuardEvent, PendingCall } from './options.ts';
import type { StandaloneGuard } from './standalone-guard.ts';

/** Is told what becomes of the calls of a guard: of each once, whatever its attempts. */
export interface CallObserver {
  /** `began`: by the guard's clock. Most calls end so, and should not notice. */
  onSuccess(began: number): void;
  onFailure(began: number, error: unknown): void;
  /** After `GuardOptions.onEvent` has heard of it. */
  onEvent(event: GuardEvent): void;
  onDispose(): void;
}

/**
 * Observes the calls of a guard, those after this one, until the function that is returned is called. A guard that nobody
 * observes has nothing of it: some of its methods are replaced, on this one guard.
 *
 * - A call without options that succeeds at once is told of by its attempt, and costs two calls of functions.
 * - One that fails first is followed by its `resolve` and `reject` from then on, and so is one that comes with options, waits, or
 *   is refused, from its admission on.
 * - A call with policies (`ExecuteOptions.with`) is not told of, but the calls that they make are.
 */
export function observeCalls(guard: StandaloneGuard, observer: CallObserver): () => void {
  const { admit, breaker, dispose, emit, removeDeadline } = guard;
  const { onSuccess } = breaker;
  /** The attempt that has just ended, if it is the first of a call without options. */
  let ended: RunningAttempt | undefined;
  const replaced = {
    removeDeadline(attempt: RunningAttempt): void {
      removeDeadline.call(guard, attempt);
      ended = attempt.call === undefined ? attempt : undefined;
    },
    emit(event: GuardEvent): void {
      if (event.type === 'attempt-failed' && ended !== undefined) follow(ended, ended.began, observer);
      emit.call(guard, event);
      observer.onEvent(event);
    },
    admit<T>(call: PendingCall<T>): void {
      // One that had to wait comes again, and those that policies make come by themselves.
      if (call instanceof ObservedCall || call.options.policies.length > 0) {
        admit.call(guard, call as PendingCall<unknown>);
        return;
      }
      const observed = new ObservedCall(call, guard.clock.now(), observer);
      try {
        admit.call(guard, observed as PendingCall<unknown>);
      } catch (error) {
        // The queue is full.
        observed.reject(error);
      }
    },
    dispose(): void {
      dispose.call(guard);
      observer.onDispose();
    },
  };
  const replacedOfBreaker = {
    onSuccess(epoch: number, slow: boolean, probe: boolean): void {
      if (ended !== undefined) observer.onSuccess(ended.began);
      // The State Inspector shows everything that happens to the actor.
      if (breaker.watched) breaker.tell({ type: 'SUCCESS', epoch, slow });
      else onSuccess.call(breaker, epoch, slow, probe);
    },
  };
  Object.assign(guard, replaced);
  Object.assign(breaker, replacedOfBreaker);
  return () => {
    for (const name of Object.keys(replaced)) Reflect.deleteProperty(guard, name);
    for (const name of Object.keys(replacedOfBreaker)) Reflect.deleteProperty(breaker, name);
  };
}

/** A call that has failed at first: its end is told by whichever of the two is called. */
function follow(settled: { resolve: (value: never) => void; reject: (error: unknown) => void }, began: number, observer: CallObserver): void {
  const { resolve, reject } = settled;
  settled.resolve = (value) => {
    observer.onSuccess(began);
    resolve(value);
  };
  settled.reject = (error) => {
    observer.onFailure(began, error);
    reject(error);
  };
}

class ObservedCall<T> implements PendingCall<T> {
  readonly operation: PendingCall<T>['operation'];
  readonly options: PendingCall<T>['options'];
  resolve: PendingCall<T>['resolve'];
  reject: PendingCall<T>['reject'];

  constructor({ operation, options, resolve, reject }: PendingCall<T>, began: number, observer: CallObserver) {
    this.operation = operation;
    this.options = options;
    this.resolve = resolve;
    this.reject = reject;
    follow(this, began, observer);
  }
}
