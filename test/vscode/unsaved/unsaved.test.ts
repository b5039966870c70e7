import { expect } from 'chai';
import * as vscode from 'vscode';
import { superviseFixture } from '../supervised.ts';

describe('A workspace of several folders that was never saved', () => {
  const workspace = { target: 'workspace' } as const;
  const shown = (key: string): unknown => vscode.workspace.getConfiguration('fixture', null).inspect(key)?.workspaceValue;

  it('F9 keeps settings like any other: stored, read back, reset (P20)', async () => {
    expect(vscode.workspace.workspaceFile?.scheme).to.equal('untitled');
    const service = await superviseFixture();
    expect(await service.update('count', 7, workspace)).to.deep.equal({ outcome: 'stored', target: 'workspace' });
    expect([service.get('count'), shown('count')]).to.deep.equal([7, 7]);
    expect(service.inspect('count')).to.deep.include({ value: 7, origin: 'workspace' });
    expect(await service.update('count', (count) => count + 1), 'where it is already').to.deep.equal({ outcome: 'stored', target: 'workspace' });
    await service.update('recent', (list) => [...list, 'a'], workspace);
    await service.update('recent', (list) => [...list, 'b'], workspace);
    expect([service.get('count'), service.get('recent')]).to.deep.equal([8, ['a', 'b']]);
    expect(service.breakers().map(({ file, mode }) => [file, mode])).to.deep.equal([[vscode.workspace.workspaceFile!.toString(), 'CLOSED']]);
    await service.updateAll({ count: 9, name: 'all' }, workspace);
    expect([shown('count'), shown('name')]).to.deep.equal([9, 'all']);
    expect((await service.health()).checks.access.status).to.equal('healthy');
    await service.restoreDefaults(workspace);
    for (const key of ['count', 'recent', 'name'] as const) expect(shown(key), key).to.equal(undefined);
    await service.dispose();
  });
});
