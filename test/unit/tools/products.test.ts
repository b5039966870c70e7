import { expect } from 'chai';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { make, ready, type Product } from '../../../tools/products.ts';
import { run } from '../../../tools/run.ts';
import { temporaryFolder } from '../../../tools/vscode-host/home.ts';

describe('A product', () => {
  let root: string;
  let count: number;
  const at = (name: string): string => path.join(root, name);
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  };
  /** Puts its sources together. */
  const product: Product<{ count: number }> = {
    name: 'whole',
    sources: ['parts', 'head.txt', 'not there'],
    make: async () => {
      write('dist/whole.txt', readFileSync(at('head.txt'), 'utf8'));
      return { count: ++count };
    },
    made: () => ['dist'],
  };

  beforeEach(() => {
    root = temporaryFolder();
    count = 0;
    write('head.txt', 'head');
    write('parts/one.txt', 'one');
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is made once, and what was made is told each time', async () => {
    expect(await ready(product, root)).to.deep.equal({ count: 1 });
    expect(await ready(product, root)).to.deep.equal({ count: 1 });
  });

  const changes: Record<string, () => void> = {
    'a source has another content': () => write('parts/one.txt', 'two'),
    'a source has come': () => write('parts/two.txt', ''),
    'a source has gone': () => rmSync(at('parts/one.txt')),
    'a source has another name': () => {
      rmSync(at('parts/one.txt'));
      write('parts/uno.txt', 'one');
    },
    'a part of it has gone': () => rmSync(at('dist/whole.txt')),
    'a part of it was changed': () => write('dist/whole.txt', 'something else'),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`is made again when ${what}`, async () => {
      await ready(product, root);
      change();
      expect(await ready(product, root)).to.deep.equal({ count: 2 });
      expect(await ready(product, root)).to.deep.equal({ count: 2 });
    });
  }

  it('is not made again for what is no source: another file, or what is built or installed beside the sources', async () => {
    await ready(product, root);
    for (const name of ['tail.txt', 'parts/dist/one.js', 'parts/node_modules/a/index.js']) write(name, '');
    expect(await ready(product, root)).to.deep.equal({ count: 1 });
  });

  it('is made again when that is wanted', async () => {
    await ready(product, root);
    expect(await make(product, root)).to.deep.equal({ count: 2 });
    expect(await ready(product, root)).to.deep.equal({ count: 2 });
  });

  it('that could not be made is not there', async () => {
    const broken = { ...product, make: () => Promise.reject(new Error('broken')) };
    await ready(product, root);
    write('head.txt', 'another');
    expect(await ready(broken, root).catch((error: Error) => error.message)).to.equal('broken');
    write('head.txt', 'head');
    expect(await ready(product, root)).to.deep.equal({ count: 2 });
  });

  it('that two want at once is made once', async () => {
    expect(await Promise.all([ready(product, root), ready(product, root)])).to.deep.equal([{ count: 1 }, { count: 1 }]);
  });

  it('is made although a process that began to make it was killed', async () => {
    const killed = await run(process.execPath, ['-e', 'console.log(process.pid)'], root);
    write('out/built/whole.lock', killed.trim());
    expect(await ready(product, root)).to.deep.equal({ count: 1 });
  });
});
