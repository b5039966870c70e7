import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { storeReasons } from '../../src/errors.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { anchorsOf, documents, proseOf } from './documents.ts';

describe('Documents', () => {
  it('are found', () => {
    expect(documents).to.include.members(['README.md', 'docs/getting-started.md', 'docs/guides/migration.md', 'docs/reference/errors.md']);
  });

  for (const document of documents) {
    it(`${document}: its links lead somewhere`, () => {
      const links = [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => !/^(https?|mailto|command):/.test(link));
      const broken = links.filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? document : path.join(path.dirname(document), decodeURIComponent(file));
        if (!existsSync(path.join(projectRoot, target))) return true;
        return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
      });
      expect(broken).to.deep.equal([]);
    });

    it(`${document}: its commands are there`, async () => {
      const { default: { scripts } } = await import('../../package.json', { with: { type: 'json' } }) as { default: { scripts: Record<string, string> } };
      const commands = [...proseOf(document).matchAll(/`npm run ([\w:-]+)/g)].map(([, name]) => name!);
      expect(commands.filter((name) => !(name in scripts))).to.deep.equal([]);
    });
  }

  it('troubleshooting has every reason and every code', () => {
    const text = proseOf('docs/guides/troubleshooting.md');
    const codes = [...proseOf('docs/reference/errors.md').matchAll(/^### (\w+)$/gm)].map(([, code]) => code!).filter((code) => code !== 'STORE');
    expect(codes).to.have.length(10);
    expect([...codes, ...Object.keys(storeReasons)].filter((each) => !text.includes(`\`${each}\``))).to.deep.equal([]);
  });

  it('properties are those that tests name', () => {
    const stated = [...proseOf('docs/properties.md').matchAll(/^- \*\*(P\d+)\*\*/gm)].map(([, name]) => name!);
    const tests = readdirSync(path.join(projectRoot, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.startsWith('documents'));
    const named = new Set(tests.flatMap((name) => readFileSync(path.join(projectRoot, 'test', name), 'utf8').match(/\bP\d{1,3}\b/g) ?? []));
    expect(stated.filter((name) => !named.has(name)), 'without a test').to.deep.equal([]);
    expect([...named].filter((name) => !stated.includes(name) && !/^P9\d$/.test(name)), 'not stated').to.deep.equal([]);
  });
});
