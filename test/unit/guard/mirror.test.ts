import { expect } from 'chai';
import { createActor, type ActorRefFrom } from 'xstate';
import { breakerDefaults, circuitBreaker } from '../../../machines/circuit-breaker.ts';
import { retryDefaults } from '../../../machines/retry-backoff.ts';
import { retrySequencer, type RetryEvent, type RetryInput } from '../../../machines/retry-sequencer.ts';
import { actorClock } from '../../../src/clock.ts';
import { createGuard, Guard, type GuardActors } from '../../../src/guard/guard.ts';
import type { StandaloneGuard } from '../../../src/guard/standalone-guard.ts';
import { RetryMirror } from '../../../src/guard/retry-mirror.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import fc from '../../fast-check.ts';

/** What the fast path keeps beside the statecharts must never say anything else than they do. */
describe('Mirror = machine', () => {
  describe('retry sequencer', () => {
    type Step = RetryEvent | { type: 'WAIT'; ms: number } | { type: 'BUDGET'; ms: number } | { type: 'LATER'; ms: number } | { type: 'SPEND' };

    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant('ATTEMPT_FAILED' as const), retryable: fc.boolean() }) },
      { weight: 4, arbitrary: fc.record({ type: fc.constant('WAIT' as const), ms: fc.constantFrom(0, 1, 500, 1_000, 4_000, 20_000) }) },
      fc.constantFrom<Step>({ type: 'ATTEMPT_SUCCEEDED' }, { type: 'ABORT' }, { type: 'GIVE_UP' }),
      fc.constant<Step>({ type: 'SPEND' }),
      fc.record({ type: fc.constantFrom('BUDGET' as const, 'LATER' as const), ms: fc.constantFrom(0, 900, 3_000, 30_000) }),
    );

    /** Runs a history, and tells all that could be seen of it. */
    async function tell(steps: readonly Step[], attempts: number, permitted: readonly boolean[], mirrored: boolean): Promise<string[]> {
      const seen: string[] = [];
      const clock = new VirtualClock();
      let budget = 30_000;
      let opens = 0;
      let affords = true;
      const runs = [...permitted];
      const note = (what: string): void => void seen.push(`${clock.now()}: ${what}`);
      const input: RetryInput = {
        ...retryDefaults,
        attempts,
        random: () => {
          note('random');
          return 0.5;
        },
        remaining: () => budget - clock.now(),
        earliest: () => Math.max(0, opens - clock.now()),
        affords: () => affords,
        run: (attempt) => {
          note(`run ${attempt}`);
          if (runs.shift() === false) sequencer.send({ type: 'GIVE_UP' });
        },
      };
      const onExhausted = (): void => note('exhausted');
      const sequencer = mirrored ? new RetryMirror(input, { ...input, earliest: input.earliest!, affords: input.affords!, onExhausted }, clock) : actor(input, clock, onExhausted);
      for (const each of steps) {
        if (each.type === 'WAIT') await clock.advance(each.ms);
        else if (each.type === 'BUDGET') budget = clock.now() + each.ms;
        else if (each.type === 'LATER') opens = clock.now() + each.ms;
        else if (each.type === 'SPEND') affords = !affords;
        else sequencer.send(each);
        note(`${each.type}, timers: ${clock.pendingTimers().map(({ due }) => due).join()}`);
      }
      return seen;
    }

    function actor(input: RetryInput, clock: VirtualClock, onExhausted: () => void): ActorRefFrom<typeof retrySequencer> {
      const started = createActor(retrySequencer, { input, clock: actorClock(clock) });
      started.subscribe(({ value }) => {
        if (value === 'exhausted') onExhausted();
      });
      return started.start();
    }

    it('the same attempts at the same times, the same waits, the same ends', () => fc.assert(fc.asyncProperty(
      fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), fc.array(fc.boolean(), { maxLength: 4 }),
      async (steps, attempts, permitted) => {
        expect(await tell(steps, attempts, permitted, true)).to.deep.equal(await tell(steps, attempts, permitted, false));
      },
    ), { numRuns: 1_000 }));
  });

  describe('circuit breaker', () => {
    type Step = 'succeed' | 'fail' | 'begin' | 'settle' | 'break' | 'trip' | 'hold' | 'release' | 'reset' | 'probe' | 'evidence' | { threshold: number; openFor: number } | number;

    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant<Step>('fail') },
      { weight: 2, arbitrary: fc.constantFrom<Step>('succeed', 'begin', 'settle', 'break') },
      fc.constantFrom<Step>('trip', 'hold', 'release', 'reset', 'probe', 'evidence', 1, 1_000, 30_000, 60_000),
      fc.constantFrom<Step>({ threshold: 1, openFor: 1_000 }, { threshold: 3, openFor: 90_000 }, { threshold: 8, openFor: 30_000 }),
    );

    /** A guard whose every event goes to an actor, as in a service. */
    function watched(clock: VirtualClock): { guard: Guard; breaker: ActorRefFrom<typeof circuitBreaker> } {
      const breaker = createActor(circuitBreaker, { input: breakerDefaults, clock: actorClock(clock) }).start();
      const actors: GuardActors = { breaker: () => breaker, spawnRetry: () => undefined };
      return { guard: new Guard({ name: 'watched', clock, retry: { attempts: 1 } }, actors), breaker };
    }

    const face = (guard: StandaloneGuard): unknown => [guard.breakerMode, guard.consecutiveFailures, guard.isHeld, guard.retryAfter, guard.permits()];

    it('a guard that counts by itself, one that asks an actor each time, and the actor never differ', () => fc.assert(fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      async (steps) => {
        const clock = new VirtualClock();
        const alone = createGuard({ name: 'alone', clock, retry: { attempts: 1 } });
        const { guard, breaker } = watched(clock);
        const guards: StandaloneGuard[] = [alone, guard];
        const pending: ((fails: boolean) => void)[][] = [];
        for (const each of steps) {
          if (typeof each === 'number') await clock.advance(each);
          else if (each === 'succeed' || each === 'fail') {
            for (const one of guards) one.execute(() => (each === 'fail' ? Promise.reject(new Error('no')) : 1)).catch(() => undefined);
          } else if (each === 'begin') {
            const round: ((fails: boolean) => void)[] = [];
            pending.push(round);
            for (const one of guards) {
              one.execute(() => new Promise((resolve, reject) => round.push((fails) => (fails ? reject(new Error('no')) : resolve(1))))).catch(() => undefined);
            }
          } else if (each === 'settle' || each === 'break') for (const end of pending.shift() ?? []) end(each === 'break');
          else if (typeof each === 'object') for (const one of guards) one.configure({ breaker: each });
          else for (const one of guards) one[each]();
          await clock.flush();
          expect(face(alone)).to.deep.equal(face(guard));
          const { value, context } = breaker.getSnapshot();
          expect(guard.breakerMode).to.equal(typeof value === 'string' ? value : Object.keys(value)[0]);
          expect(guard.consecutiveFailures).to.equal(context.streak);
          expect(guard.isHeld).to.equal(typeof value === 'object' && 'OPEN' in value && value.OPEN === 'held');
        }
        for (const one of guards) one.dispose();
        breaker.stop();
      },
    ), { numRuns: 500 }));
  });
});
