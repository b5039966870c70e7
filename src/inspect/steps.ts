import type { InspectorRecord } from './records.ts';

/**
 * Which records belong together. What one event causes, and what that causes, is one step: while it goes on the actors do
 * not agree with each other, so that only the moments between two steps are shown. Indices count from the first record
 * that is kept, steps from the first one of these.
 */
export class Steps {
  /** The first record of each step, counted from the first that ever was. */
  readonly #firsts: number[] = [];
  #length = 0;
  #forgotten = 0;

  get count(): number {
    return this.#firsts.length;
  }

  add({ cause }: Pick<InspectorRecord, 'cause'>): void {
    if (cause === undefined || this.#length === 0) this.#firsts.push(this.#forgotten + this.#length);
    this.#length++;
  }

  /** The first records are not kept any more; the rest of a step is one as well. */
  forget(records: number): void {
    this.#forgotten += records;
    this.#length -= records;
    this.#firsts.splice(0, this.#firstsUpTo(0), this.#forgotten);
  }

  /** The step of a record; -1 for what comes before the first. */
  of(index: number): number {
    return this.#firstsUpTo(index) - 1;
  }

  /** The index of a step's last record. */
  end(step: number): number {
    return (this.#firsts[step + 1] ?? this.#forgotten + this.#length) - this.#forgotten - 1;
  }

  /** How many steps begin with a record of this index, or before it. */
  #firstsUpTo(index: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle]! <= this.#forgotten + index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How many of the first records are `size`, or as many more as the last step of them has. */
export function wholeSteps(records: readonly InspectorRecord[], size: number): number {
  let end = size;
  while (records[end]?.cause !== undefined) end++;
  return end;
}
