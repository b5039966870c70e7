import type { AnyMachineSnapshot } from 'xstate';
import { recovery, type RecoveryContext } from '../../../machines/recovery.ts';
import { describeMachine, type MachineModel } from '../harness/suite.ts';
import { RecoveryRun, type ModelEvent, type RecoveryVariant } from './driver.ts';

const contextOf = (snapshot: AnyMachineSnapshot): RecoveryContext => snapshot.context as RecoveryContext;

/** With a write that is parked, each variant is recognised by its callback, which the pure machine carries along. */
const lookWhileParked = (): void => undefined;
const isParked = (snapshot: AnyMachineSnapshot): boolean => contextOf(snapshot).look === lookWhileParked;

const variant = (name: string, parked: boolean, probeEvery = 1_000, inVain = 1): RecoveryVariant => ({
  name, parked, probeEvery, inVain,
  input: { probeEvery, look: parked ? lookWhileParked : () => undefined, letThrough: () => undefined },
});

/** The longest a look may take, in milliseconds. */
const lookLimit = 5_000;

const opened = (byOperator: boolean): ModelEvent => ({ type: 'OPENED', at: 0, byOperator });
/** After the breaker has half opened, and nothing waits that could be the probe. */
const halfOpened = (snapshot: AnyMachineSnapshot): ModelEvent[] =>
  [{ type: 'HALF_OPENED' }, ...(isParked(snapshot) ? [] : [{ type: 'PROBE_BEGAN' } as const])];

const model: MachineModel<RecoveryVariant> = {
  machine: recovery as never,
  variants: [
    variant('nothing waits', false),
    variant('a write is parked', true),
    // A look may take five seconds: so the second wait, of ten, ends within one.
    variant('two writes fail in vain, and looks are seldom', false, 6_000, 2),
  ],

  events(snapshot, { inVain, probeEvery }): readonly ModelEvent[] {
    const { looks, fruitless } = contextOf(snapshot);
    const end: ModelEvent = { type: 'END' };
    // Those of an earlier time are ended first: which look is whose, the path does not say.
    const mayOpen = looks === 0;
    const stale: ModelEvent[] = looks > 0 ? [{ type: 'LOOK_ENDED' }] : [];
    if (snapshot.matches('working')) return [...stale, ...(mayOpen ? [opened(false), opened(true)] : []), end];
    if (snapshot.matches({ open: 'held' })) return [...stale, { type: 'HELD' }, { type: 'HALF_OPENED' }, { type: 'CLOSED' }, end];
    if (snapshot.matches('open')) {
      const isResting = snapshot.matches({ open: { watched: { looks: 'resting' } } });
      const mustWait = fruitless > 0 && snapshot.matches({ open: { watched: { cause: 'unseen' } } });
      const seen: ModelEvent[] = looks === 0 ? [] : [
        // While it waited, the next look would begin.
        ...(mustWait && isResting ? [] : [{ type: 'LOOKED_WELL', at: 1e6, when: 'late' } as const]),
        ...(mustWait && !isResting && fruitless === inVain ? [{ type: 'LOOKED_WELL', at: 0, when: 'early' } as const] : []),
        ...(mustWait && isResting && inVain === 1 ? [{ type: 'LOOKED_WELL', at: 0, when: 'now' } as const] : []),
        { type: 'SAW_OBSTACLE' },
      ];
      // A look that takes longer than `lookLimit` has seen an obstacle.
      const timer = isResting && looks < (probeEvery < lookLimit ? 2 : 1)
        ? [{ type: 'xstate.after.probeEvery.recovery.open.watched.looks.resting' } as never] : [];
      return [...seen, ...timer, { type: 'SIGN_OF_LIFE' }, { type: 'HALF_OPENED' }, { type: 'CLOSED' }, { type: 'HELD' }, end];
    }
    const events: ModelEvent[] = [...stale, end];
    if (snapshot.matches({ probing: 'byLook' })) return looks > 0 ? events : [...events, { type: 'PROBE_ENDED' }, { type: 'CLOSED' }, opened(false), opened(true)];
    if (mayOpen && fruitless < inVain) events.push(opened(false), opened(true));
    return [...events, { type: 'CLOSED' }];
  },

  expand(snapshot, event) {
    switch (event.type) {
      case 'OPENED': {
        const held = (event as ModelEvent & { type: 'OPENED' }).byOperator ? [{ type: 'HELD' }] : [];
        return [event, ...held, ...(snapshot.matches({ probing: 'byLook' }) ? [{ type: 'PROBE_ENDED' }] : [])];
      }
      case 'HALF_OPENED':
        return halfOpened(snapshot);
      case 'LOOKED_WELL': {
        const { fruitless } = contextOf(snapshot);
        const { when } = event as ModelEvent & { type: 'LOOKED_WELL' };
        const letsThrough = snapshot.matches({ open: { watched: { cause: 'seen' } } }) || when === 'late' || fruitless === 0;
        return [{ type: 'LOOK_ENDED' }, event, ...(letsThrough ? halfOpened(snapshot) : [])];
      }
      case 'SAW_OBSTACLE':
        return [{ type: 'LOOK_ENDED' }, event];
      case 'CLOSED':
        return snapshot.matches({ probing: 'byLook' }) ? [event, { type: 'PROBE_ENDED' }] : [event];
      default:
        return [event];
    }
  },

  key(snapshot) {
    const { fruitless, looks } = contextOf(snapshot);
    return JSON.stringify([snapshot.value, fruitless, looks]);
  },

  start: async (chosen) => new RecoveryRun(chosen).prepare(),
};

describeMachine(model);
