import type { Window } from './editor.ts';
import type { Key, Scalar } from './settings.ts';

/** What the caller of a write is told. Nothing, while it waits. */
export type Said = 'stored' | 'superseded' | 'not stored' | 'unknown';

/** One extension's configuration, in one process. */
export interface Service {
  get(key: Key): unknown;
  /** @param background nobody waits for it */
  set(key: Scalar | 'canary', value: string | number, background: boolean): Promise<'stored' | 'superseded'>;
  /** Puts an entry at the end of `recent`. */
  append(entry: string, background: boolean): Promise<'stored' | 'superseded'>;
  dispose(): Promise<void>;
}


export interface Contender {
  readonly name: string;
  readonly version: string;
  start(window: Window, kept: { get(key: string): unknown; update(key: string, value: unknown): Promise<void> }): Service;
  /** What an error says of the write. A timeout says that nobody knows. */
  says(error: unknown): 'not stored' | 'unknown';
}
