import type { LateOutcome } from '../../../machines/write.ts';

/** What a write promises its caller, told without states: an answer that is true, once, and a report when a late end is found out. */
export class WriteOracle {
  /** The only answer. */
  answer: string | undefined;
  /** What is in the file, as far as our writes are concerned. */
  stored = 0;
  /** What has been reported after the answer. */
  readonly reports: (readonly [outcome: LateOutcome, restored: boolean])[] = [];
  /** How often the user has been asked. */
  asked = 0;

  end(answer: string): void {
    this.answer ??= answer;
  }

  store(value: number): void {
    this.stored = value;
  }

  report(outcome: LateOutcome, restored = false): void {
    this.reports.push([outcome, restored]);
  }
}
