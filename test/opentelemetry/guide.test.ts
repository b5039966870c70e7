import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { attributes, instruments, spans } from '../../src/observe/telemetry-names.ts';
import { run } from '../../tools/run.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { limits } from '../limits.ts';
import { Receiver } from './receiver.ts';

describe('docs/guides/opentelemetry.md', () => {
  it('its program runs as it is, and everything arrives', async () => {
    const receiver = await Receiver.start();
    const program = /```ts\n([^]*?)```/.exec(readFileSync(path.join(projectRoot, 'docs/guides/opentelemetry.md'), 'utf8'))![1]!;
    // Within the project, so that packages are found.
    mkdirSync(path.join(projectRoot, 'out'), { recursive: true });
    const folder = mkdtempSync(path.join(projectRoot, 'out/guide-'));
    try {
      writeFileSync(path.join(folder, 'program.mts'), program);
      await run(process.execPath, ['--import', path.join(projectRoot, 'tools/from-source.ts'), 'program.mts'], folder, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_TIMEOUT: String(limits.condition) });
      expect(JSON.parse(readFileSync(path.join(folder, 'settings.json'), 'utf8'))).to.deep.equal({ 'app.workers': 5 });
      expect(receiver.spans.map((span) => [span.name, span.attributes[attributes.keys]])).to.deep.equal([[spans.write, ['workers']]]);
      expect(receiver.value(instruments.writes.name, { [attributes.outcome]: 'stored' })).to.equal(1);
      expect(receiver.logs.map(({ body }) => body)).to.include('Stored.');
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await receiver.stop();
    }
  });
});
