/** The end of a night: what failed, each with the command that repeats it alone; where the time went; the verdict. */
import { textTable } from '../text-table.ts';
import type { SuiteOutcome } from './run.ts';

export interface Verdict {
  readonly text: string;
  readonly ok: boolean;
}

export function report(outcomes: readonly SuiteOutcome[], seed: number): Verdict {
  const batches = outcomes.flatMap((outcome) => outcome.batches);
  const count = (ended: string): number => batches.filter((batch) => batch.ended === ended).length;
  const failures = outcomes.flatMap(({ suite, batches }) => batches.flatMap(({ batch, again }) =>
    again.map((command) => `  ${suite.name}, ${batch.what}\n    again: ${command}`)));
  const [passed, failed] = [count('passed'), count('failed')];
  const text = [
    ...(failures.length === 0 ? [] : ['== What failed, and what repeats it', ...failures, '']),
    '== Suites', textTable([['', 'suite', 'seed', 'minutes', 'outcome'], ...outcomes.map((outcome) => row(outcome, seed))], [2, 3]), '',
    `${passed} passed, ${failed} failed`,
  ];
  // A night in which nothing came to its end shows nothing.
  return { text: text.join('\n'), ok: failed === 0 && passed > 0 };
}

function row({ suite, minutes, share, batches }: SuiteOutcome, seed: number): string[] {
  const count = (ended: string): number => batches.filter((batch) => batch.ended === ended).length;
  const [passed, failed, stopped] = [count('passed'), count('failed'), count('stopped')];
  const draws = batches.some(({ batch }) => batch.seed !== undefined);
  const outcome = batches.length === 0
    ? `left out: it takes ${suite.takes} minutes, and there were ${share.toFixed(1)}`
    : `${passed} passed, ${failed} failed${stopped === 0 ? '' : ', stopped when its time was over'}`;
  return [failed > 0 ? 'FAIL' : passed > 0 ? 'ok' : 'none', suite.name, draws ? String(seed) : '', minutes.toFixed(1), outcome];
}
