import { seededRandom } from '../../src/testing.ts';
import { scalars, type Scalar } from './settings.ts';
import { seconds, type Schedule } from './schedule.ts';

/** What the extension asks for at one moment; `recent`: an entry is put at its end. */
export interface Step {
  /** Seconds of the day. */
  readonly at: number;
  readonly writes: readonly { readonly key: Scalar | 'recent'; readonly background: boolean }[];
}

/** One moment of writing in half a minute, on average. */
const pace = 30;

/** The same steps for everyone, for each day. Half of the writes have somebody waiting for them; one moment in eight asks for several at once. */
export function workload({ seed, days }: Schedule): Step[][] {
  const random = seededRandom(seed + 1);
  const key = (): Scalar | 'recent' => (random() < 0.3 ? 'recent' : scalars[Math.floor(random() * scalars.length)]!);
  return days.map(({ opens, closes }) => {
    const steps: Step[] = [];
    for (let at = seconds(opens) + 10; ; ) {
      at += -Math.log(1 - random()) * pace;
      if (at >= seconds(closes) - 10) return steps;
      const count = random() < 0.125 ? 2 + Math.floor(random() * 3) : 1;
      steps.push({ at, writes: Array.from({ length: count }, () => ({ key: key(), background: random() < 0.5 })) });
    }
  });
}
