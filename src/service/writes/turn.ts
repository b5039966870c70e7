import { offAbort, onAbort, type Abortable } from '../../guard/abort-fanout.ts';
import type { Guard } from '../../guard/guard.ts';
import type { CallerSignal } from '../../guard/signals.ts';
import type { WriteAttempt } from '../events.ts';
import type { FileQueue, QueuedWrite } from './file-queue.ts';
import { leftBefore } from './outcome.ts';

/** The transaction whose turn it is. */
export interface TurnOwner {
  readonly signal: CallerSignal | undefined;
  noteFailure(attempt: WriteAttempt): void;
  /** Another of its files refuses the turn. */
  onTurnRefused(error: unknown): void;
}

/**
 * The turn of a transaction in the queue of another of its files: nothing else is written there meanwhile.
 *
 * A transaction takes its place in all queues at once, and waits until it is first in each. So what was asked for before
 * it comes before it in every file (P23), and no two wait for each other.
 */
export class Turn implements QueuedWrite, Abortable {
  readonly id: number;
  readonly keys: readonly string[];
  /** It would hold up the other files for as long as this one is broken. */
  readonly parks = false;
  readonly repeatable = false;
  readonly isCritical = false;
  readonly isAlone = true;
  readonly file: string;
  /** The guard of the file, once it is this one's turn; rejects when it is refused. */
  readonly began: Promise<Guard>;
  readonly #queue: FileQueue;
  readonly #owner: TurnOwner;
  readonly #ended: Promise<void>;
  #begin!: (guard: Guard) => void;
  #refuse!: (error: unknown) => void;
  #end!: () => void;

  constructor(id: number, keys: readonly string[], queue: FileQueue, owner: TurnOwner) {
    this.id = id;
    this.keys = keys;
    this.file = queue.file;
    this.#queue = queue;
    this.#owner = owner;
    this.began = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#refuse = reject;
    });
    // Its owner may have failed before it asks.
    this.began.catch(() => undefined);
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** @throws CircuitOpenError, QueueFullError: refused at once */
  take(): void {
    this.#queue.accept(this);
    const { signal } = this.#owner;
    if (signal !== undefined) onAbort(signal, this);
  }

  runAlone(): Promise<void> {
    this.#begin(this.#queue.guard);
    return this.#ended;
  }

  onParked(): void {}

  onTurn(): void {}

  noteFailure(attempt: WriteAttempt): void {
    this.#owner.noteFailure(attempt);
  }

  fail(error: unknown): void {
    this.#refuse(error);
    this.end();
    this.#owner.onTurnRefused(error);
  }

  onAbort(): void {
    this.#queue.withdraw(this, leftBefore(this, this.#owner.signal));
  }

  /** It is over, or not needed any more. Can be called twice. */
  end(): void {
    const { signal } = this.#owner;
    if (signal !== undefined) offAbort(signal, this);
    this.#queue.release(this);
    this.#end();
  }
}
