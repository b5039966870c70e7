import { expect } from 'chai';
import * as vscode from 'vscode';
import { superviseFixture, until, writeSettings } from '../supervised.ts';

describe('An untrusted workspace', () => {
  it('P52 cannot set what can run code; its other settings are served', async () => {
    expect(vscode.workspace.isTrusted).to.equal(false);
    const service = await superviseFixture();
    writeSettings('{ "fixture.command": "evil", "fixture.count": 7 }');
    await until('the harmless one is served', () => service.get('count') === 7);
    expect(service.get('command')).to.equal('true');
    await service.dispose();
  });

  it('P29 a value stored there says that it is ignored', async () => {
    const service = await superviseFixture();
    const result = await service.update('command', 'mine', { target: 'workspace' });
    expect(result.shadowedBy).to.equal('workspace trust');
    expect(service.get('command')).to.equal('true');
    await service.dispose();
  });
});
