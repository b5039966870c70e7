import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { retrySequencer, type RetryContext, type RetryInput } from '../../../machines/retry-sequencer.ts';
import { describeMachine, type MachineModel } from '../harness/suite.ts';
import type { RetryRules } from './oracle.ts';
import { RetryRun, type ModelEvent, type RetryVariant } from './driver.ts';

const usual: RetryRules = {
  attempts: 3, initialDelay: 1_000, factor: 2, maxDelay: 10_000, jitter: 0.2, timeout: 5_000, budget: 60_000, random: 0.5,
};

/**
 * As in a service, where a supervisor spawns the sequencer's actor; and as in a guard of its own, whose mirror does without.
 *
 * @param remaining what is left of the budget, as the pure machine sees it: it has no time
 */
function variants(name: string, rules: RetryRules, remaining = Infinity, sleeps = false): RetryVariant[] {
  const input: RetryInput = { ...rules, random: () => rules.random, remaining: () => remaining, earliest: () => rules.asks ?? 0, affords: () => rules.spent !== true, run: () => undefined };
  return [
    { name: `${name}, an actor`, rules, input, actor: true, sleeps },
    { name: `${name}, the mirror`, rules, input, actor: false, sleeps },
  ];
}

const model: MachineModel<RetryVariant> = {
  machine: retrySequencer as never,
  transient: ['retry-sequencer.deciding', 'retry-sequencer.paying'],
  variants: [
    ...variants('three attempts', usual),
    ...variants('four attempts, capped waits, no jitter', { ...usual, attempts: 4, maxDelay: 1_500, jitter: 0 }),
    ...variants('a single attempt', { ...usual, attempts: 1 }),
    ...variants('a budget too small for the first wait', { ...usual, budget: 900 }, 900),
    ...variants('the dependency asks for more time', { ...usual, asks: 4_000 }),
    ...variants('no retry is left', { ...usual, spent: true }),
    ...variants('asleep whenever it waits', usual, Infinity, true),
  ],

  events(snapshot, { rules }): readonly EventObject[] {
    const leave: ModelEvent[] = [{ type: 'ABORT', how: 'aborted' }, { type: 'ABORT', how: 'disposed' }];
    if (snapshot.matches('backoff')) return [...leave, { type: 'xstate.after.backoff.retry-sequencer.backoff' }];
    const events: ModelEvent[] = [
      ...leave,
      { type: 'ATTEMPT_SUCCEEDED' },
      { type: 'ATTEMPT_FAILED', retryable: true, how: 'error' },
      { type: 'ATTEMPT_FAILED', retryable: true, how: 'unreadable' },
      { type: 'ATTEMPT_FAILED', retryable: false, how: 'permanent' },
      { type: 'ATTEMPT_FAILED', retryable: false, how: 'caller' },
      { type: 'ATTEMPT_FAILED', retryable: false, how: 'cancelled' },
      { type: 'ATTEMPT_FAILED', retryable: false, how: 'breaker open' },
    ];
    // A timeout uses the budget up, which the pure machine cannot see.
    if (rules.budget > rules.attempts * (rules.timeout + rules.maxDelay)) events.push({ type: 'ATTEMPT_FAILED', retryable: true, how: 'timeout' });
    // Only where a wait has just ended: the breaker has opened meanwhile.
    if (contextOf(snapshot).attempt > 1) events.push({ type: 'GIVE_UP' });
    return events;
  },

  key(snapshot) {
    const { attempt, delay } = contextOf(snapshot);
    return JSON.stringify([snapshot.value, attempt, delay]);
  },

  start: async (chosen) => new RetryRun(chosen),
};

const contextOf = (snapshot: AnyMachineSnapshot): RetryContext => snapshot.context as RetryContext;

describeMachine(model);
