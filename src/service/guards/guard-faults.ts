import { ConfigurationError, type FailureClass } from '../../errors.ts';
import type { Operation } from '../../guard/attempt.ts';
import type { ExecuteOptions } from '../../guard/options.ts';
import type { StandaloneGuard } from '../../guard/standalone-guard.ts';
import type { FaultInjection } from '../options.ts';

/** How long a call lags, in milliseconds. */
const lag = 2_000;

/** What each fault makes of an operation. */
const faults: Readonly<Record<string, <T>(guard: StandaloneGuard, operation: Operation<T>) => Operation<T>>> = {
  fail: () => () => {
    throw new InjectedError();
  },
  hang: () => () => new Promise<never>(() => undefined),
  lag: (guard, operation) => async (attempt) => {
    await new Promise<void>((resolve) => guard.clock.setTimeout(resolve, lag));
    return operation(attempt);
  },
};

/** Faults for the calls of guards, for development: those that begin after a fault has been injected have it. */
export class GuardFaults implements FaultInjection {
  readonly injectable = Object.keys(faults);
  readonly #guards: () => Iterable<StandaloneGuard>;
  /** Restores each guard that has a fault. Its author may have replaced `execute`, and gets that replacement back. */
  readonly #undo = new Map<StandaloneGuard, () => void>();
  #injected: string | undefined;

  constructor(guards: () => Iterable<StandaloneGuard>) {
    this.#guards = guards;
  }

  get injected(): string | undefined {
    return this.#injected;
  }

  inject(fault: string): void {
    if (!Object.hasOwn(faults, fault)) throw new RangeError(`"${fault}" is not one of ${this.injectable.join(', ')}.`);
    this.heal();
    this.#injected = fault;
    for (const guard of this.#guards()) this.spread(guard);
  }

  heal(): void {
    this.#injected = undefined;
    for (const guard of [...this.#undo.keys()]) this.release(guard);
  }

  /** Restores one guard, which is no longer visible. */
  release(guard: StandaloneGuard): void {
    this.#undo.get(guard)?.();
    this.#undo.delete(guard);
  }

  /** To a guard that has been made since. */
  spread(guard: StandaloneGuard): void {
    if (this.#injected === undefined) return;
    const broken = faults[this.#injected]!;
    const own = Object.getOwnPropertyDescriptor(guard, 'execute');
    this.#undo.set(guard, () => {
      if (own === undefined) Reflect.deleteProperty(guard, 'execute');
      else Object.defineProperty(guard, 'execute', own);
    });
    const { execute } = guard;
    guard.execute = <T>(operation: Operation<T>, options?: ExecuteOptions) => {
      // What policies do with a call comes here again.
      const isCall = typeof operation === 'function' && options?.with === undefined;
      return execute.call(guard, isCall ? broken(guard, operation) : operation, options) as Promise<Awaited<T>>;
    };
  }
}

/** The failure of an injected fault. It is not tried again, so that the breaker opens without the waits between attempts. */
class InjectedError extends ConfigurationError {
  readonly code = 'INJECTED';

  constructor() {
    super('The call was made to fail.', { userAction: 'Take the injected fault back.', context: { injected: true } });
  }

  override get failureClass(): FailureClass {
    return 'permanent';
  }
}
