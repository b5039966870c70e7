import type { Disposable } from '../store/store.ts';

/** Says something of the moment, such as which trace is under way. */
export type Capture = () => unknown;

/** What observers wanted to keep of the moment at which a write was asked for, by who wanted it. */
export type Origin = ReadonlyMap<Capture, unknown>;

/**
 * Where writes come from. A write ends in a moment of its own, often in that of another caller whose write went before:
 * who wants to know what was going on when it was asked for has to look then.
 */
export class Origins {
  readonly #captures = new Set<Capture>();

  add(capture: Capture): Disposable {
    this.#captures.add(capture);
    return { dispose: () => void this.#captures.delete(capture) };
  }

  /** `undefined` while nobody wants to know: then it costs nothing. */
  now(): Origin | undefined {
    if (this.#captures.size === 0) return undefined;
    const origin = new Map<Capture, unknown>();
    for (const capture of this.#captures) {
      try {
        origin.set(capture, capture());
      } catch {
        // An observer that fails must not break what it observes (P12).
      }
    }
    return origin;
  }
}
