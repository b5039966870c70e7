import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../../src/errors.ts';
import { vscodeStore } from '../../../src/store/vscode-host.ts';
import { fixture } from '../fixture-settings.ts';
import { committed, fixtureContext, rejection, superviseFixture } from '../supervised.ts';

describe('A window without a workspace', () => {
  it('refuses the workspace as a target, with a way out, and redirects nothing', async () => {
    expect(vscode.workspace.workspaceFolders).to.equal(undefined);
    const service = await superviseFixture();
    const error = await rejection(service.update('count', 5, { target: 'workspace' }));
    expect(error).to.be.instanceOf(StoreError);
    expect(error).to.include({ reason: 'no-workspace', retryable: false });
    expect((error as StoreError).userAction).to.match(/Open a folder/);
    expect(service.get('count')).to.equal(3);
    expect(vscode.workspace.getConfiguration('fixture').inspect('count')?.globalValue).to.equal(undefined);
    expect(service.breakers()).to.deep.equal([]);
    await service.dispose();
  });

  it('stores in the user settings', async () => {
    const service = await superviseFixture();
    expect(await service.update('count', 5)).to.deep.equal({ outcome: 'stored', target: 'user' });
    expect(service.get('count')).to.equal(5);
    await service.update('count', undefined);
    expect(service.get('count')).to.equal(3);
    await service.dispose();
  });

  it('refuses several values at once for the workspace, each by itself, and stores several in the user settings', async () => {
    const store = vscodeStore(await fixtureContext(), fixture);
    const changes = [{ key: 'count', value: 6, scope: {} }, { key: 'name', value: 'x', scope: {} }] as const;
      const refusals = await committed(store, changes.map((change) => ({ ...change, target: 'workspace' })));
    expect(refusals.map(({ index, error }) => [index, (error as StoreError).reason])).to.deep.equal([[0, 'no-workspace'], [1, 'no-workspace']]);
    const inUser = changes.map((change) => ({ ...change, target: 'user' as const }));
    expect(await committed(store, inUser)).to.deep.equal([]);
    expect(await store.readBackAll(inUser)).to.deep.equal([6, 'x']);
    await committed(store, inUser.map((change) => ({ ...change, value: undefined })));
    expect(await store.readBackAll(inUser)).to.deep.equal([undefined, undefined]);
    store.dispose();
  });
});
