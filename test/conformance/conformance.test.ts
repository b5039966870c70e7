import { expect } from 'chai';
import { generatedBlock } from '../../tools/generated-block.ts';
import { comparison, command } from './document.ts';
import { broken } from './peers/broken.ts';
import { holdfast } from './peers/holdfast.ts';
import { asMarkdown } from './report.ts';
import { judge, judgeAll, type Verdict } from './run.ts';
import { scenarios } from './scenarios.ts';

describe('Conformance', () => {
  let verdicts: readonly Verdict[];
  before(async () => {
    verdicts = await judgeAll();
  });

  for (const { id, property } of scenarios) {
    it(`${id} ${property}: held by Holdfast`, () => {
      expect(verdicts.find((verdict) => verdict.peer === holdfast.name && verdict.id === id)).to.deep.include({ holds: 'yes' });
    });
  }

  it('is of P1 to P15', () => {
    expect(scenarios.map(({ id }) => id)).to.deep.equal(Array.from({ length: 15 }, (_, index) => `P${index + 1}`));
  });

  for (const scenario of scenarios) {
    it(`${scenario.id} can fail: a service broken on purpose does not hold it`, async () => {
      expect((await judge(broken, scenario)).holds).to.equal('no');
    });
  }

  it(`docs/comparison.md tells what was found; if not: ${command}`, () => {
    expect(generatedBlock(comparison, command)).to.equal(asMarkdown(verdicts));
  });
});
