import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { documents, proseOf } from './documents.ts';

const source = readFileSync(path.join(projectRoot, 'src/service/events.ts'), 'utf8');
const quoted = (text: string): string[] => [...text.matchAll(/'([^']+)'/g)].map(([, name]) => name!);

const events = [...source.matchAll(/^ {2}\| \{ readonly type: '([\w-]+)'/gm)].map(([, name]) => name!);
const outcomes = quoted(/^export type LateOutcome = (.*);$/m.exec(readFileSync(path.join(projectRoot, 'machines/write.ts'), 'utf8'))![1]!);

describe('Events of a service in the documents', () => {
  it('are found in the source', () => {
    expect(events).to.include.members(['stored', 'failed', 'late', 'reconciled', 'disposed']);
    expect(outcomes).to.deep.equal(['stored', 'not stored', 'unknown']);
  });

  for (const document of documents) {
    it(`${document}: each event that it names exists`, () => {
      const named = [...proseOf(document).matchAll(/\bevent `([^`]+)`|`onEvent`, type `([^`]+)`/g)].map(([, event, type]) => event ?? type!);
      expect(named.filter((name) => !events.includes(name))).to.deep.equal([]);
    });
  }

  it('troubleshooting tells the end of writes that were left open by the events and the outcomes that there are', () => {
    const text = proseOf('docs/guides/troubleshooting.md');
    const section = /^## The window was closed[^]*?(?=^## )/m.exec(text)![0];
    const [first] = [...section.matchAll(/\bevent `([^`]+)`/g)].map(([, name]) => name);
    expect(first, 'the event of the next start').to.equal('reconciled');
    expect([...section.matchAll(/^- `([^`]+)`:/gm)].map(([, name]) => name)).to.deep.equal(outcomes);
  });

  it('troubleshooting says of each `shadowedBy` that is no layer what it means', () => {
    const { 1: told = '' } = /it is stored, and something else is served\.(.*?)\|/.exec(proseOf('docs/guides/troubleshooting.md')) ?? [];
    const documented = /or because of ([^]*?)\*\/\n\s*readonly shadowedBy/.exec(readFileSync(path.join(projectRoot, 'src/service/options.ts'), 'utf8'))![1]!;
    const names = [...documented.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    expect(names).to.have.length(4);
    expect(names.filter((name) => !told.includes(`\`${name}\``))).to.deep.equal([]);
  });
});
