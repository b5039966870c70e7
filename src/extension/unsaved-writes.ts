import type { ErrorFacts } from '../observe/error-facts.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { WaitingWrite } from '../service/writes/awaiting-user.ts';

/** A write that waits for the user: from its first refusal until its caller is answered, through all retries. */
export interface UnsavedWrite {
  readonly keys: readonly string[];
  /** Its settings file, by the name its service gives it. */
  readonly file: string;
  /** Why it was refused the last time. */
  readonly facts: ErrorFacts;
  /** What can be done with it; `over` while it is being tried again. */
  readonly handle: WaitingWrite;
}

/** The writes of one service that wait for the user, in the order in which they began to. */
export class UnsavedWrites {
  readonly #writes = new Set<{ -readonly [P in keyof UnsavedWrite]: UnsavedWrite[P] }>();

  get all(): readonly UnsavedWrite[] {
    return [...this.#writes];
  }

  has(write: UnsavedWrite): boolean {
    return this.#writes.has(write);
  }

  /** A write waits, or waits again after a retry: then it is the same as before. */
  add(handle: WaitingWrite, facts: ErrorFacts): UnsavedWrite {
    const { keys, file } = handle;
    const retried = this.#retried(keys);
    if (retried !== undefined) return Object.assign(retried, { file, facts, handle });
    const write = { keys, file, facts, handle };
    this.#writes.add(write);
    return write;
  }

  /** The callers of writes are answered by events. @returns whether one of these writes has ended */
  onEvent(event: ServiceEvent): boolean {
    if (event.type !== 'stored' && event.type !== 'failed') return false;
    const ended = this.#retried(event.keys);
    return ended !== undefined && this.#writes.delete(ended);
  }

  /** One of them that waits no more, and has not ended. Of several for the same settings it makes no difference which. */
  #retried(keys: readonly string[]): UnsavedWrite | undefined {
    return [...this.#writes].find((write) => write.handle.over && write.keys.join() === keys.join());
  }
}
