import { expect } from 'chai';
import { generatedBlock } from '../../tools/generated-block.ts';
import { comparison, command } from './document.ts';
import { broken } from './peers/broken.ts';
import { holdfast } from './peers/holdfast.ts';
import { asMarkdown } from './report.ts';
import { judge, judgeAll, type Verdict } from './run.ts';
import { further, scenarios } from './scenarios.ts';

describe('Conformance', () => {
  let verdicts: readonly Verdict[];
  before(async () => {
    verdicts = await judgeAll();
  });

  for (const { id, property, ways } of scenarios) {
    for (const way of ways ?? holdfast.ways) {
      it(`${id} ${property}: held by Holdfast, ${way}`, () => {
        expect(verdicts.find((verdict) => verdict.peer === holdfast.name && verdict.id === id && verdict.way === way)).to.deep.include({ holds: 'yes' });
      });
    }
  }

  for (const { id, property } of further) {
    it(`${id} ${property}: held by Holdfast`, () => {
      expect(verdicts.find((verdict) => verdict.peer === holdfast.name && verdict.id === id)).to.deep.include({ holds: 'yes' });
    });
  }

  it('is of P1 to P15 with each way of counting, and of what else calls need', () => {
    expect(scenarios.map(({ id }) => id)).to.deep.equal([...Array.from({ length: 15 }, (_, index) => `P${index + 1}`), 'P74']);
    expect(further.map(({ id }) => id)).to.deep.equal(['P70', 'P71', 'P72', 'P73', 'P75', 'P76', 'P77', 'P78', 'P79', 'P80', 'P81', 'P120']);
    expect(holdfast.ways).to.have.length(4);
  });

  for (const scenario of scenarios) {
    it(`${scenario.id} can fail: a service broken on purpose does not hold it`, async () => {
      expect((await judge(broken, scenario, scenario.ways?.[0] ?? 'in a row')).holds).to.equal('no');
    });
  }

  for (const scenario of further) {
    it(`${scenario.id} can fail: a service broken on purpose does not hold it`, async () => {
      expect((await judge(broken, scenario, undefined)).holds).to.equal('no');
    });
  }

  it(`docs/comparison.md tells what was found; if not: ${command}`, () => {
    expect(generatedBlock(comparison, command)).to.equal(asMarkdown(verdicts));
  });
});
