import { expect } from 'chai';
import { run } from '../../tools/run.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

describe('The stories of the README', () => {
  it('are true, in a real VS Code', async () => {
    const told = await run(process.execPath, ['tools/stories/main.ts'], projectRoot);
    expect(told.match(/^\d\. .*$/gm)).to.have.length(3);
    expect(told).to.include('plain     both updates resolved; settings.json says 4').and.to.include('Holdfast  both updates resolved; settings.json says 5');
    expect(told).to.include('one more is "many1"').and.to.include('one more is 9');
    expect(told).to.match(/plain {5}after: {2}Unable to write .*unsaved changes/).and.to.match(/Holdfast {2}after: {2}stored/);
  });
});
