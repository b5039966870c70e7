import { expect } from 'chai';
import { defaultVersion } from '../../../tools/vscode-host/versions.ts';
import { night } from '../../night.ts';
import { seed } from '../../seed.ts';
import { isFaultless, ways } from '../verdict.ts';
import { tortureWindows, type WindowsResult } from './windows.ts';

/** A share of `npm run torture:windows`, by night. */
night.describe(`Windows that write into one settings file, seed ${seed}`, () => {
  function expectFaultless(result: WindowsResult): void {
    expect(isFaultless(result), JSON.stringify(result)).to.equal(true);
    expect(result).to.deep.include({ torn: [], unsaved: [], stuck: [] });
    expect(result.transactions).to.be.at.least(1);
  }

  it('P20 P24 P28 F6: beside an editor, and while extension hosts are killed: what was acknowledged is there once, transactions whole, and nothing is left unsaved', async () => {
    const result = await tortureWindows({ seed, version: defaultVersion, target: 'workspace', windows: 2, updates: 12, burst: 4, kills: 1, editor: ways });
    expectFaultless(result);
    expect(result.kills).to.deep.equal({ updates: 1, transactions: 1 });
    expect(result.saves).to.be.at.least(ways.length);
  });
});
