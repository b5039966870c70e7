import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { generatedBlock } from '../../tools/generated-block.ts';
import { contenders } from './contenders.ts';
import type { Contender } from './contender.ts';
import { holdfast } from './contenders/holdfast.ts';
import { plain } from './contenders/plain.ts';
import { elapse } from '../limits.ts';
import { comparison, command } from './document.ts';
import { live } from './life.ts';
import { measure, type Measures } from './measures.ts';
import { drawSchedule, kinds, loadSchedule, scheduleFile, scheduleText, type Incident, type Kind, type Schedule } from './schedule.ts';
import { appended } from './settings.ts';
import { checkTargets, targets } from './targets.ts';

/** One of everything, five minutes apart. */
function hardDay(): Schedule {
  const lasting: Partial<Record<Kind, number>> = { 'flaky': 0, 'outside edit': 0, 'stall': 40, 'drop': 8, 'full disk': 120, 'restart': 5, 'crash': 5 };
  const incidents = Object.keys(kinds).map((what, index): Incident => {
    const length = lasting[what as Kind] ?? 90;
    return { at: `${10 + Math.floor(index / 12)}:${String(index % 12 * 5).padStart(2, '0')}:00`, what: what as Kind, ...(length === 0 ? {} : { for: length }), times: 100, count: 3, key: what === 'garbage' ? 'port' : 'recent' };
  });
  return { seed: 7, days: [{ opens: '09:50:00', closes: '11:30:00', incidents }] };
}

/** Misses every target: what it says and serves has little to do with what is. */
const unreliable: Contender = {
  name: 'unreliable',
  version: 'on purpose',
  start(window) {
    let opened = performance.now();
    let calls = 0;
    const later = (): Promise<void> => elapse(300);
    const update = async (key: Parameters<typeof window.update>[0], value: unknown): Promise<'stored'> => {
      if (performance.now() - opened < 40_000) throw new Error('Not yet.');
      await later();
      // One in ten is forgotten; whatever fails is kept to itself, and keeps it closed for a while.
      if (++calls % 10 !== 0) await window.update(key, value).catch(() => (opened = performance.now()));
      return 'stored';
    };
    return {
      get: (key) => (key === 'port' ? 'eighty' : window.get(key)),
      set: update,
      append: (entry) => {
        const stale = window.get('recent');
        return later().then(() => update('recent', appended(stale, entry)));
      },
      dispose: () => Promise.resolve(),
    };
  },
  says: () => 'not stored',
};

describe('A month of an editor’s life', () => {
  const runs = [
    { title: 'two days of it, with Holdfast', contender: holdfast, schedule: loadSchedule(2), met: true },
    { title: 'a day on which everything happens, with Holdfast', contender: holdfast, schedule: hardDay(), met: true },
    { title: 'a day with a service that is unreliable on purpose, which misses', contender: unreliable, schedule: hardDay(), met: false },
  ];
  for (const { title, contender, schedule, met } of runs) {
    describe(title, () => {
      let measures: Measures;
      before(async () => {
        measures = measure(await live(contender, schedule));
      });
      for (const target of targets) {
        it(target, () => {
          // Of so few writes a single one is more than 0.01 %.
          const excused = target.startsWith('availability') && measures.accepted - measures.fulfilled <= 1;
          expect(excused || checkTargets(measures).some((check) => check.target === target && check.met)).to.equal(met);
        });
      }
    });
  }

  it('is the same each time', async () => {
    const once = measure(await live(plain, hardDay()));
    expect(measure(await live(plain, hardDay()))).to.deep.equal(once);
    expect(once.asked).to.be.greaterThan(100);
    expect(once.lied).to.be.greaterThan(0);
  });

  it('goes by a schedule that its seed draws', () => {
    const { seed, days } = loadSchedule();
    expect(readFileSync(scheduleFile, 'utf8')).to.equal(scheduleText(drawSchedule(seed, days.length)));
    expect(new Set(days.flatMap(({ incidents }) => incidents.map(({ what }) => what)))).to.have.all.keys(...Object.keys(kinds));
  });

  it(`is told in docs/comparison.md, of this schedule and these versions; if not: ${command}`, () => {
    const { seed, days } = loadSchedule();
    const block = generatedBlock(comparison, command);
    expect(block).to.include(`${days.length} days`).and.to.include(`seed ${seed}.`);
    for (const { name, version } of contenders) expect(block).to.include(`${name} ${version}`.trim());
  });
});
