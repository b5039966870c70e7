import type { ExecuteOptions, PolicyHost } from './options.ts';
import type { CancellationToken } from './signals.ts';

/**
 * A function that is called under a guard, with its own arguments.
 *
 * ```ts
 * const readStatus = wrap(git, (repository: string) => exec('git', ['-C', repository, 'status']));
 * await readStatus('/repo');
 * ```
 */
export function wrap<A extends readonly unknown[], T>(guard: Pick<PolicyHost, 'execute'>, call: (...args: A) => T | PromiseLike<T>, options?: ExecuteOptions): (...args: A) => Promise<Awaited<T>> {
  return (...args) => guard.execute(() => call(...args), options);
}

/** A `CancellationToken` of VS Code for a signal: for an API of VS Code that an operation calls. */
export function tokenOf(signal: AbortSignal): CancellationToken {
  return {
    get isCancellationRequested() {
      return signal.aborted;
    },
    onCancellationRequested: (listener) => {
      const onAbort = (): void => void listener(signal.reason);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      return { dispose: () => signal.removeEventListener('abort', onAbort) };
    },
  };
}
