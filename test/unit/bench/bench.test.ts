import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { bundleSizes, overweight } from '../../../bench/bundle-size.ts';
import { commands, inFull, performanceDocument } from '../../../bench/document.ts';
import { generatedBlock } from '../../../tools/generated-block.ts';

describe('Bench', () => {
  it('every product is within its budget', async () => {
    const sizes = await bundleSizes();
    expect(sizes.filter(({ budget }) => budget !== undefined)).to.have.length(7);
    expect(overweight(sizes).map(({ name, bytes, budget }) => `${name}: ${bytes} of ${budget}`)).to.deep.equal([]);
  });

  for (const command of commands) {
    it(`docs/performance.md has what \`npm run ${command}\` wrote`, () => {
      expect(generatedBlock(performanceDocument, inFull(command))).to.match(/^### /m);
    });
  }

  it('writes its figures as JSON, the baseline first', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-'));
    try {
      const file = path.join(folder, 'figures.json');
      const root = path.resolve(import.meta.dirname, '../../..');
      execFileSync(process.execPath, ['bench/main.ts', '--quick', '--only', 'reads', '--json', file], { cwd: root, stdio: 'pipe' });
      const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: { name: string; rows: { name: string; ns: number; ratio: number }[] }[] };
      expect(results.map(({ name }) => name)).to.deep.equal(['reads']);
      const { rows } = results[0]!;
      expect(rows[0]).to.include({ name: 'bare await', ratio: 1 });
      expect(rows.every(({ ns, ratio }) => ns > 0 && ratio > 0)).to.equal(true);
      expect(rows.map(({ name }) => name)).to.include('holdfast: get(key)');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
