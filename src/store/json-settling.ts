import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '../errors.ts';
import { readJson, type JsonText } from './json-disk.ts';
import { settlingTime } from './store.ts';
import { timeSeen } from './time-seen.ts';

/**
 * Many programs save a file by emptying it and writing it again, or by removing it and putting another in its place. What is
 * there in between is not what the file says: it is looked at again until it says something, for `settlingTime` at most.
 */

/** Between two looks at a file in flux, in milliseconds: short at first, for most are saved within a few. */
const looks = { first: 5, most: 50 } as const;

/** What is remembered of a file, to tell one that is being saved from one that says nothing. */
export class Settling {
  #held: boolean;
  /** For how long the file has been seen in flux, in milliseconds, and the last look. */
  #flux: { readonly seen: number; readonly lookedAt: number } | undefined;

  /** @param held whether the file held settings at the last look */
  constructor(held = false) {
    this.#held = held;
  }

  /** Whether another program is saving the file. After `settlingTime` in flux, what the file says counts. */
  inFlux({ root, problem, stamp }: JsonText): boolean {
    const holds = root !== undefined && problem === undefined;
    if (holds || !(this.#held || isYoung(stamp?.changedAt))) {
      this.#held = holds;
      this.#flux = undefined;
      return false;
    }
    const now = performance.now();
    const { seen, lookedAt } = this.#flux ?? { seen: 0, lookedAt: now };
    this.#flux = { seen: seen + timeSeen(lookedAt, now), lookedAt: now };
    if (this.#flux.seen < settlingTime) return true;
    this.#held = false;
    this.#flux = undefined;
    return false;
  }
}

/** Of a file that was never seen with settings in it, its age tells. The clock of a file system may be another than ours. */
const isYoung = (changedAt: number | undefined): boolean => changedAt !== undefined && Math.abs(Date.now() - changedAt) < settlingTime;

export interface SettledOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** False: the process may end while this waits. */
  readonly ref?: boolean;
}

/** What a file says once nobody is saving it. @throws StoreError when it cannot be read, or the wait was ended */
export function readSettled(file: string, settling: Settling, options: SettledOptions = {}): Promise<JsonText> {
  return settled(() => readJson(file), settling, options);
}

export async function settled(read: () => Promise<JsonText>, settling: Settling, { signal, ref = true }: SettledOptions = {}): Promise<JsonText> {
  for (let wait: number = looks.first; ; wait = Math.min(2 * wait, looks.most)) {
    const look = await read();
    if (!settling.inFlux(look)) return look;
    try {
      await pause(wait, undefined, { ref, ...(signal === undefined ? {} : { signal }) });
    } catch (cause) {
      throw new StoreError('io', 'The attempt was given up while another program was saving the file.', { cause });
    }
  }
}
