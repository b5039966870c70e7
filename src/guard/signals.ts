/** A `CancellationToken` of VS Code, known by its shape. */
export interface CancellationToken {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: (event: unknown) => unknown): { dispose(): unknown };
}

/** An `AbortSignal`, as far as it is needed. */
export interface CallerSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The caller's signal, be it an `AbortSignal` or a `CancellationToken`; `undefined` when it is neither. */
export function asSignal(value: unknown): CallerSignal | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { aborted, addEventListener, removeEventListener } = value as Partial<CallerSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function') {
    return value as CallerSignal;
  }
  const { isCancellationRequested, onCancellationRequested } = value as Partial<CancellationToken>;
  if (typeof isCancellationRequested !== 'boolean' || typeof onCancellationRequested !== 'function') return undefined;
  const token = value as CancellationToken;
  let signal = tokenSignals.get(token);
  if (signal === undefined) tokenSignals.set(token, (signal = new TokenSignal(token)));
  return signal;
}

/** One for each token, so that calls that share a token share a listener. */
const tokenSignals = new WeakMap<CancellationToken, TokenSignal>();

class TokenSignal implements CallerSignal {
  readonly #token: CancellationToken;
  readonly #subscriptions = new Map<() => void, { dispose(): unknown }>();

  constructor(token: CancellationToken) {
    this.#token = token;
  }

  get aborted(): boolean {
    return this.#token.isCancellationRequested;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    let called = false;
    const subscription = this.#token.onCancellationRequested(() => {
      called = true;
      this.removeEventListener('abort', listener);
      listener();
    });
    // It may have called back at once.
    if (called) subscription.dispose();
    else this.#subscriptions.set(listener, subscription);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const subscription = this.#subscriptions.get(listener);
    this.#subscriptions.delete(listener);
    subscription?.dispose();
  }
}

/** Why the caller has left; `undefined` when asking throws. */
export function reasonOf(signal: CallerSignal | undefined): unknown {
  try {
    return signal?.reason;
  } catch {
    return undefined;
  }
}
