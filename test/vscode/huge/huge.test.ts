import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { resetSettings, settingsFile, superviseFixture, until, writeSettings } from '../supervised.ts';

/** A window of its own: once VS Code has had the file open as a document, it takes half a minute to tell extensions of such a change. */
describe('A settings.json of 10 MB', () => {
  it('is read, written, and given up again', async () => {
    const workspace = { target: 'workspace', critical: true } as const;
    await resetSettings();
    const service = await superviseFixture();
    const filler = Array.from({ length: 2_000 }, (_, line) => `  // ${String(line).padStart(4_995, '.')}`).join('\n');
    writeSettings(`{\n${filler}\n  "fixture.count": 11\n}\n`);
    await until('the value is served', () => service.get('count') === 11);

    await service.update('count', 12, workspace);
    expect(service.get('count')).to.equal(12);
    const stored = readFileSync(settingsFile(), 'utf8');
    expect(stored.length).to.be.greaterThan(9_000_000);
    expect(stored).to.include('"fixture.count": 12').and.to.include(filler);

    writeSettings('{}\n');
    await until('it is gone', () => service.get('count') === 3);
    await service.update('count', 42, workspace);
    expect(service.get('count')).to.equal(42);
    await service.dispose();
  });
});
