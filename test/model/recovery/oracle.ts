/** What recovery promises, told without states: when the file is looked at, and which look lets a write through. */

const firstWait = 5_000;

export class RecoveryOracle {
  mode: 'CLOSED' | 'OPEN' | 'HALF_OPEN' = 'CLOSED';
  held = false;
  /** Looks at the file, those in the place of a probe included. */
  begun = 0;
  /** Since it opened, a look has seen why the file cannot be written. */
  hasSeen = false;
  /** Writes in a row that were let through in vain though the file looked well. */
  inVain = 0;
  #openedAt = 0;

  /** When a look that finds nothing wrong lets a write through. */
  get earliest(): number {
    return this.hasSeen || this.inVain === 0 ? 0 : this.#openedAt + firstWait * 2 ** (this.inVain - 1);
  }

  /** A write has failed, or a look in its place. */
  open(now: number, by: 'write' | 'look'): void {
    if (this.mode === 'HALF_OPEN' && by !== 'look') this.inVain++;
    this.mode = 'OPEN';
    this.held = false;
    this.#openedAt = now;
    this.hasSeen = by === 'look';
  }

  hold(): void {
    this.held = true;
  }

  halfOpen(): void {
    this.mode = 'HALF_OPEN';
    this.held = false;
  }

  close(): void {
    this.mode = 'CLOSED';
    this.held = false;
    this.inVain = 0;
  }

  /** A look that began since it opened has ended. @returns whether a write is let through */
  see(now: number, isWell: boolean): boolean {
    if (isWell) return now >= this.earliest;
    if (!this.hasSeen && this.inVain > 0) this.inVain--;
    this.hasSeen = true;
    return false;
  }
}
