import { expect } from 'chai';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from '../../tools/run.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

/** What of OpenTelemetry a fresh process loads when it imports a door of the library. */
async function loadedBy(door: string): Promise<string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { if (url.includes('@opentelemetry')) loaded.push(url); return next(url, context); } });
    const library = await import(${JSON.stringify(pathToFileURL(path.join(projectRoot, 'src', door)).href)});
    if (Object.keys(library).length === 0) throw new Error('Nothing was imported.');
    console.log(JSON.stringify(loaded));`;
  return JSON.parse((await run(process.execPath, ['--input-type=module', '--eval', program], projectRoot)).trim()) as string[];
}

describe('Who does not use OpenTelemetry loads nothing of it', () => {
  for (const door of ['index.ts', 'testing.ts']) {
    it(`src/${door} alone`, async () => {
      expect(await loadedBy(door)).to.deep.equal([]);
    });
  }

  it('its own door loads the API, and neither an SDK nor an exporter', async () => {
    const packages = new Set((await loadedBy('opentelemetry.ts')).map((url) => /@opentelemetry\/[^/]+/.exec(url)![0]));
    expect([...packages]).to.deep.equal(['@opentelemetry/api']);
  });
});
