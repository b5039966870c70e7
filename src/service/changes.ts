import { sameData } from '../settings/plain-data.ts';
import type { Disposable, Scope } from '../store/store.ts';
import { Emitter } from './emitter.ts';

type Get = (key: string, scope: Scope | undefined) => unknown;

/** Who wants to know when a setting changes. Each hears of each real change once, with old and new value (P33). */
export class Changes {
  readonly #get: Get;
  readonly #emitter: Emitter<void>;

  constructor(get: Get, onError: (error: unknown) => void) {
    this.#get = get;
    this.#emitter = new Emitter(onError);
  }

  on(key: string, scope: Scope | undefined, listener: (now: unknown, before: unknown) => unknown): Disposable {
    let known = this.#get(key, scope);
    return this.#emitter.on(() => {
      const now = this.#get(key, scope);
      if (sameData(now, known)) return undefined;
      const before = known;
      known = now;
      return listener(now, before);
    });
  }

  /** The values may have changed: whoever sees another one than before is told. */
  notify(): void {
    this.#emitter.emit();
  }

  close(): void {
    this.#emitter.close();
  }
}
