import { expect } from 'chai';
import { settlingTime } from '../../src/store/store.ts';
import { night } from '../night.ts';
import { seed } from '../seed.ts';
import { skip } from '../skip.ts';
import { torture, type Plan, type Result } from './processes.ts';
import { isFaultless, judge, tornOf, ways, type Answer, type Life, type Save } from './verdict.ts';

/** The share of `npm test`; `npm run torture` is the whole. */
describe(`Processes that are killed and stopped while they update one file, seed ${seed}`, () => {
  before(function () {
    if (process.platform === 'win32') skip(this, 'It needs signals that stop a process.');
  });

  async function run(plan: Omit<Plan, 'seed'>): Promise<Result> {
    const result = await torture({ seed, ...plan });
    expect(result.kills, 'kills').to.deep.equal(plan.kills);
    expect(result.pauses, 'pauses').to.deep.equal(plan.pauses);
    expect(result.acknowledged).to.be.at.least(plan.updates);
    return result;
  }

  night.it('P20 P28: every update that was acknowledged is there exactly once, also with a stretched moment before the replacement', async () => {
    const result = await run({ processes: 4, updates: 150, kills: { anytime: 2, holding: 2 }, pauses: { anytime: 1, holding: 2 }, moment: 10 });
    expect(isFaultless(result), JSON.stringify(result)).to.equal(true);
  });

  it('P20 P28: the same beside an editor that saves the file by truncation, by rename and in place', async () => {
    const result = await run({ processes: 3, updates: 120, kills: { anytime: 1, holding: 1 }, pauses: { anytime: 0, holding: 1 }, editor: ways });
    expect(isFaultless(result), JSON.stringify(result)).to.equal(true);
    expect(result.saves).to.be.at.least(ways.length);
  });

  night.it('without the lock updates are lost, and this finds out', async () => {
    const none = { anytime: 0, holding: 0 };
    for (let lost = 0; lost === 0;) lost = (await run({ processes: 4, updates: 60, kills: none, pauses: none, moment: 30, withoutLock: true })).lost.length;
  });
});

describe('The verdict on such a run', () => {
  const stored = (...numbers: number[]): Answer[] => numbers.map((number) => ({ ended: 'stored', number, called: 100 * number, answered: 100 * number + 10, saw: number - 1 }));
  const life = (name: string, answers: Answer[], underWay = 0): Life => ({ name, answers, underWay });
  const good = { acknowledged: 2, denied: 0, unknown: 0, lost: [], buried: [], repeated: [], unasked: [], stale: [] };

  it('of all that was acknowledged, each once: nothing is wrong', () => {
    expect(judge([life('a', stored(1, 2)), life('b', [])], { a: '1 2' }, [])).to.deep.equal(good);
  });

  it('what is missing is lost, what is there twice or out of order is repeated, and what was denied or never asked for is unasked', () => {
    const denied: Answer = { ended: 'denied', number: 3, called: 0, answered: 0, saw: 0 };
    expect(judge([life('a', stored(1, 2))], { a: '1' }, [])).to.deep.equal({ ...good, lost: ['a: 2'] });
    expect(judge([life('a', stored(1, 2))], {}, [])).to.deep.equal({ ...good, lost: ['a: 1', 'a: 2'] });
    expect(judge([life('a', stored(1, 2))], { a: '1 2 2' }, [])).to.deep.equal({ ...good, repeated: ['a: 2'] });
    expect(judge([life('a', stored(1, 2))], { a: '2 1' }, [])).to.deep.equal({ ...good, repeated: ['a: 1'] });
    expect(judge([life('a', [...stored(1, 2), denied])], { a: '1 2 3' }, [])).to.deep.equal({ ...good, denied: 1, unasked: ['a: 3'] });
    expect(judge([life('a', stored(1, 2))], { a: '1 2 3', b: '1' }, [])).to.deep.equal({ ...good, unasked: ['a: 3', 'b'] });
  });

  it('what was computed from the same as another, or from less than was acknowledged before, is stale; nobody can tell beside an editor', () => {
    const [first, second] = stored(1, 2) as [Answer, Answer];
    const between = (called: number, answered: number, saw: number): Answer => ({ ended: 'stored', number: 1, called, answered, saw });
    for (const [what, other, wrong] of [
      ['after both', between(300, 310, 2), []],
      ['at the same time, and seen by the second', between(100, 205, 1), []],
      ['the same as the second', between(200, 215, 1), ['b: 1']],
      ['less than was acknowledged before', between(300, 310, 1), ['a: 2']],
    ] as const) {
      const later = { ...second, saw: what.includes('seen') || what.includes('less') ? 2 : 1 };
      const lives = [life('a', [first, later]), life('b', [other])];
      expect(judge(lives, { a: '1 2', b: '1' }, []).stale, what).to.deep.equal(wrong);
      expect(judge(lives, { a: '1 2', b: '1' }, [{ way: 'by rename', number: 1, begun: 0, ended: 1, done: {} }]).stale).to.deep.equal([]);
    }
  });

  it('what is unknown, or under way at a kill, may be there once', () => {
    const unknown: Answer = { ended: 'unknown', number: 3, called: 0, answered: 0, saw: 0 };
    for (const [answers, underWay] of [[[...stored(1, 2), unknown], 0], [stored(1, 2), 1]] as const) {
      for (const [done, wrong] of [['1 2', {}], ['1 2 3', {}], ['1 2 3 3', { repeated: ['a: 3'] }], ['1 3', { lost: ['a: 2'] }]] as const) {
        expect(judge([life('a', [...answers], underWay)], { a: done }, [])).to.deep.equal({ ...good, unknown: 1 - underWay, ...wrong });
      }
    }
  });

  it('of several that were under way at a kill each may be there, and no other', () => {
    const answers = stored(1, 2);
    for (const [done, wrong] of [['1 2', {}], ['1 2 4 5', {}], ['1 2 3 4 5', {}], ['1 2 5 4', { repeated: ['a: 4'] }], ['1 2 6', { unasked: ['a: 6'] }]] as const) {
      expect(judge([life('a', answers, 3)], { a: done }, [])).to.deep.equal({ ...good, ...wrong });
    }
  });

  it('what an editor has buried that had read the file before is not lost, and everything else is', () => {
    const save = (begun: number, ended: number, done: string): Save => ({ way: 'by rename', number: 1, begun, ended, done: { a: done } });
    const lives = [life('a', stored(1, 2))];
    for (const [what, each, isBuried] of [
      ['stored between reading and saving', save(150, 250, '1'), true],
      ['perhaps stored after the reading', save(205, 250, '1'), true],
      ['saved with it', save(150, 250, '1 2'), false],
      ['saved before', save(100, 190, '1'), false],
      ['read after', save(220, 250, '1'), false],
      ['slower than any editor', save(220, 220 + settlingTime, '1'), true],
    ] as const) {
      expect(judge(lives, { a: '1' }, [each]), what).to.deep.equal({ ...good, [isBuried ? 'buried' : 'lost']: ['a: 2'] });
    }
  });

  it('a part of what an editor had read, while it saves without a rename, was not torn by a window, and everything else was', () => {
    const save: Save = { way: 'by truncation', number: 1, begun: 100, ended: 200, done: {}, transaction: 'a 1' };
    const look = { at: 150, parts: ['a 1', 'a 5', 'a 5'] };
    const later = { ...look, at: 300 };
    const torn = ['a 1 beside a 5'];
    for (const [what, looks, saves, wrong] of [
      ['no editor', [look], [], torn],
      ['while it saves', [look], [save], []],
      ['in place', [look], [{ ...save, way: 'in place' }], []],
      ['by rename', [look], [{ ...save, way: 'by rename' }], torn],
      ['before it saves', [{ ...look, at: 99 }], [save], torn],
      ['after it has saved', [{ ...look, at: 201 }], [save], torn],
      ['after it has saved, as it was while it saved: a window has built on it', [look, later], [save], []],
      ['the same, and only the editor has seen it', [later], [{ ...save, left: look }], []],
      ['other parts of the same transactions', [look, { at: 300, parts: ['a 1', 'a 1', 'a 5'] }], [save], torn],
      ['as it was before it saved', [{ ...look, at: 90 }, look], [save], torn],
      ['after a rename, as it was while it saved', [look, later], [{ ...save, way: 'by rename', left: look }], [...torn, ...torn]],
      ['what the editor has left is of two that it had not read', [later], [{ ...save, transaction: 'a 9', left: look }], torn],
      ['what the editor has left is whole', [later], [{ ...save, left: { at: 150, parts: ['a 1', 'a 1', 'a 1'] } }], torn],
      ['of two that it had not read', [look], [{ ...save, transaction: 'a 9' }], torn],
    ] as const) expect(tornOf(looks, saves), what).to.deep.equal(wrong);
  });
});
