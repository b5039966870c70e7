import { sameData } from '../../settings/plain-data.ts';
import type { Disposable, Scope } from '../../store/store.ts';
import { Emitter } from '../emitter.ts';
import type { SettingsChange } from './settings-change.ts';

type Get = (key: string, scope: Scope | undefined) => unknown;

/** Who wants to know when a setting changes. Each hears of each real change once, with old and new value (P33). */
export class Changes {
  readonly #get: Get;
  readonly #onError: (error: unknown) => void;
  /** By the key of the setting. */
  readonly #emitters = new Map<string, Emitter<void>>();
  readonly #any: Emitter<SettingsChange>;

  constructor(get: Get, onError: (error: unknown) => void) {
    this.#get = get;
    this.#onError = onError;
    this.#any = new Emitter(onError);
  }

  on(key: string, scope: Scope | undefined, listener: (now: unknown, before: unknown) => unknown): Disposable {
    let known: unknown = this.#get(key, scope);
    return this.#emitterOf(key).on(() => {
      const now = this.#get(key, scope);
      if (sameData(now, known)) return undefined;
      const before = known;
      known = now;
      return listener(now, before);
    });
  }

  onAny(listener: (change: SettingsChange) => unknown): Disposable {
    return this.#any.on(listener);
  }

  #emitterOf(key: string): Emitter<void> {
    let emitter = this.#emitters.get(key);
    if (emitter === undefined) {
      emitter = new Emitter(this.#onError);
      if (this.isClosed) emitter.close();
      else this.#emitters.set(key, emitter);
    }
    return emitter;
  }

  /**
   * Tells the listeners that see another value than before.
   * @param keys the settings that may have other values
   * @param change makes what has changed; `undefined`: nothing
   */
  notify(keys: readonly string[], change: (() => SettingsChange) | undefined): void {
    const known = change === undefined || this.#any.size === 0 ? undefined : change();
    for (const key of keys) this.#emitters.get(key)?.emit();
    if (known !== undefined) this.#any.emit(known);
  }

  /** Nobody is told any more. */
  get isClosed(): boolean {
    return this.#any.isClosed;
  }

  close(): void {
    for (const emitter of this.#emitters.values()) emitter.close();
    this.#emitters.clear();
    this.#any.close();
  }
}
