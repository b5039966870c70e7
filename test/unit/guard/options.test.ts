import { expect } from 'chai';
import { systemClock } from '../../../src/clock.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import type { GuardOptions, GuardTuning } from '../../../src/guard/options.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const make = (options: unknown): (() => unknown) => () => createGuard({ name: 'thing', clock: new VirtualClock(), ...(options as object) });

const counts = 'a whole number of at least 1, or Infinity';
const waits = 'at least 0 ms, or Infinity';
const limits = 'more than 0 ms, or Infinity';
const moment = 'a time in milliseconds since the Unix epoch';

/** Option, what it must be, what is refused with a RangeError, what is taken. */
const numbers: readonly (readonly [option: string, allowed: string, refused: readonly number[], taken: readonly number[]])[] = [
  ['breaker.threshold', counts, [0, -1, 1.5, NaN, -Infinity], [1, 7, Infinity]],
  ['breaker.openFor', waits, [-1, NaN, -Infinity], [0, 0.5, 2 ** 31, Infinity]],
  ['breaker.probes', 'a whole number of at least 1', [0, -1, 1.5, NaN, Infinity], [1, 5]],
  ['breaker.probeLimit', limits, [0, -1, NaN], [1, 2 ** 31, Infinity]],
  ['breaker.restFor', waits, [-1, NaN], [0, 2 ** 31, Infinity]],
  ['retry.attempts', counts, [0, -1, 2.5, NaN], [1, Infinity]],
  ['retry.initialDelay', 'at least 0 ms, and not Infinity', [-1, NaN, Infinity], [0, 2 ** 31]],
  ['retry.factor', 'at least 0, and not Infinity', [-1, NaN, Infinity], [0, 1, 3]],
  ['retry.maxDelay', waits, [-1, NaN], [0, 2 ** 31, Infinity]],
  ['retry.jitter', 'from 0 to 1', [-0.1, 1.1, NaN, Infinity], [0, 0.5, 1]],
  ['timeout', limits, [0, -1, NaN, -Infinity], [0.5, 2 ** 31, Infinity]],
  ['budget', limits, [0, -1, NaN], [0.5, 2 ** 31, Infinity]],
];

/** `breaker.openFor`, 5: `{ breaker: { openFor: 5 } }`. */
function given(option: string, value: unknown): object {
  const [first = '', second] = option.split('.');
  return { [first]: second === undefined ? value : { [second]: value } };
}

describe('The options of a guard', () => {
  for (const [option, allowed, refused, taken] of numbers) {
    it(`F28: ${option} must be ${allowed}`, () => {
      for (const value of refused) {
        expect(make(given(option, value)), String(value)).to.throw(RangeError, `${option} must be ${allowed}; it is ${value}.`);
      }
      for (const [value, shown] of [['5', '"5"'], [null, 'null'], [5n, '5'], [{}, 'an object'], [true, 'true']] as const) {
        expect(make(given(option, value)), shown).to.throw(TypeError, `${option} must be a number: ${allowed}; it is ${shown}.`);
      }
      for (const value of [...taken, undefined]) expect(make(given(option, value)), String(value)).not.to.throw();
    });
  }

  const others: readonly (readonly [options: object, message: string])[] = [
    [{ name: 5 }, 'name must be a text; it is 5.'],
    [{ name: Symbol('x') }, 'name must be a text; it is a symbol.'],
    [{ name: undefined }, 'name must be a text; it is undefined.'],
    [{ breaker: null }, 'breaker must be an object; it is null.'],
    [{ retry: 'often' }, 'retry must be an object; it is "often".'],
    [{ retry: 'x'.repeat(50) }, `retry must be an object; it is "${'x'.repeat(40)}…".`],
    [{ classify: 'transient' }, 'classify must be a function; it is "transient".'],
    [{ random: 0.5 }, 'random must be a function; it is 0.5.'],
    [{ onEvent: {} }, 'onEvent must be a function; it is an object.'],
    [{ clock: () => 0 }, 'clock must be an object; it is a function.'],
    [{ clock: { ...systemClock, now: undefined } }, 'clock.now must be a function; it is undefined.'],
    [{ clock: { ...systemClock, nextTurn: 1 } }, 'clock.nextTurn must be a function; it is 1.'],
    [{ restore: null }, 'restore must be an object; it is null.'],
    [{ restore: { mode: 'SHUT' } }, 'restore.mode must be "OPEN" or "HELD"; it is "SHUT".'],
    [{ restore: { mode: 'OPEN', until: null } }, `restore.until must be a number: ${moment}; it is null.`],
  ];
  for (const [options, message] of others) {
    it(`F28: ${message}`, () => {
      expect(make(options)).to.throw(TypeError, message);
    });
  }

  it('F28: the rest', () => {
    expect(() => createGuard(undefined as unknown as GuardOptions)).to.throw(TypeError, 'options must be an object; it is undefined.');
    expect(make({ restore: { mode: 'OPEN', until: NaN } })).to.throw(RangeError, `restore.until must be ${moment}; it is NaN.`);
    const absent = { classify: undefined, random: undefined, onEvent: undefined, breaker: undefined, retry: undefined };
    expect(make({ restore: { mode: 'HELD' }, ...absent })).not.to.throw();
  });

  it('F28: each is looked at once: what changes afterwards, or throws then, changes nothing', async () => {
    let looks = 0;
    const changing = {
      get threshold(): number {
        if (looks++ > 0) throw new Error('Looked at twice.');
        return 2;
      },
    };
    const guard = createGuard({ name: 'thing', clock: new VirtualClock(), breaker: changing, retry: { attempts: 1 } });
    guard.configure({ retry: { attempts: 1 } });
    for (let calls = 0; calls < 2; calls++) await guard.execute(() => Promise.reject(new Error('x'))).catch(() => undefined);
    expect([guard.breakerMode, looks]).to.deep.equal(['OPEN', 1]);
  });

  it('F28: one that is undefined is as good as left out', async () => {
    const clock = new VirtualClock();
    const absent = { breaker: { threshold: undefined }, retry: { attempts: undefined }, timeout: undefined };
    const guard = createGuard({ name: 'thing', clock, ...(absent as unknown as Partial<GuardOptions>) });
    for (let calls = 0; calls < 5; calls++) await clock.run(guard.execute(() => Promise.reject(new Error('x'))).catch(() => undefined));
    expect(guard.breakerMode).to.equal('OPEN');
    guard.reset();
    guard.configure({ breaker: { threshold: undefined, openFor: 5_000 } } as unknown as GuardTuning);
    for (let calls = 0; calls < 5; calls++) await clock.run(guard.execute(() => Promise.reject(new Error('x'))).catch(() => undefined));
    expect(guard.retryAfter).to.be.closeTo(5_000, 0.001);
  });

  const tunable = ['breaker.threshold', 'breaker.openFor', 'retry.attempts', 'retry.initialDelay'];
  for (const [option, allowed, refused, taken] of numbers.filter(([each]) => tunable.includes(each))) {
    it(`F28: \`configure\` refuses a ${option} in the same words`, () => {
      const guard = createGuard({ name: 'thing', clock: new VirtualClock() });
      for (const value of refused) {
        expect(() => guard.configure(given(option, value))).to.throw(RangeError, `${option} must be ${allowed}; it is ${value}.`);
      }
      expect(() => guard.configure(given(option, '5'))).to.throw(TypeError, `${option} must be a number: ${allowed}; it is "5".`);
      for (const value of taken) guard.configure(given(option, value));
      guard.dispose();
    });
  }

  it('F28: `configure` refuses what cannot be changed, and what is none', () => {
    const guard = createGuard({ name: 'thing', clock: new VirtualClock() });
    const refusals: readonly (readonly [tuning: unknown, message: string])[] = [
      [{ breaker: { probes: 2 } }, 'breaker.probes cannot be changed while the guard is in use; threshold and openFor can.'],
      [{ retry: { jitter: 0 } }, 'retry.jitter cannot be changed while the guard is in use; attempts and initialDelay can.'],
      [null, 'tuning must be an object; it is null.'],
    ];
    for (const [tuning, message] of refusals) expect(() => guard.configure(tuning as GuardTuning)).to.throw(TypeError, message);
  });
});
