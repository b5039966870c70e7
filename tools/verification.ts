/** `npm run verification`: writes into docs/verification.md which suites name each property, what repeats them, and how many deliberate faults break it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { faults } from '../test/mutants/faults.ts';

const root = path.join(import.meta.dirname, '..');
const file = path.join(root, 'docs/verification.md');
const [begin, end] = ['<!-- begin: which suites name each property -->', '<!-- end -->'];

/** What repeats the suites of a folder in `test/`. Of the others, none names a property. */
const commands: Readonly<Record<string, string>> = {
  conformance: 'npm run conformance', examples: 'npm test', schemas: 'npm test', endurance: 'npm run endurance', fuzz: 'npm run fuzz', model: 'npm run test:model', opentelemetry: 'npm test', simulation: 'npm run simulate',
  sla: 'npm run sla', torture: 'npm run torture', unit: 'npm run test:unit', vscode: 'npm run test:vscode', workbench: 'npm run test:workbench', xstate: 'npm run test:xstate-inspect',
};

const named = new Map<string, Set<string>>();
for (const name of readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' }).sort()) {
  const [suite = ''] = name.split(path.sep);
  if (!name.endsWith('.ts') || suite === 'documents' || suite === 'mutants') continue;
  for (const property of readFileSync(path.join(root, 'test', name), 'utf8').match(/\bP\d{1,3}\b/g) ?? []) {
    named.set(property, (named.get(property) ?? new Set()).add(suite));
  }
}
const used = new Set([...named.values()].flatMap((suites) => [...suites]));
const unknown = [...used].filter((suite) => commands[suite] === undefined);
if (unknown.length > 0) throw new Error(`Which command runs test/${unknown.join(', test/')}?`);

const stated = [...readFileSync(path.join(root, 'docs/properties.md'), 'utf8').matchAll(/^- \*\*(P\d+)\*\*/gm)].map(([, name]) => name!);
const rows = stated.map((property) => {
  const seeded = faults.filter((fault) => fault.property === property).length;
  return `| ${property} | ${[...named.get(property) ?? []].join(', ')} | ${seeded === 0 ? '' : seeded} |`;
});
const table = [
  '| Property | Suites in `test/` that name it | Deliberate faults |', '| --- | --- | --- |', ...rows, '',
  '| Suite | Command |', '| --- | --- |', ...[...used].sort().map((suite) => `| [${suite}](../test/${suite}) | \`${commands[suite]!}\` |`),
  '| deliberate faults | `npm run mutants`, of one property: `npm run mutants -- P29` |',
].join('\n');
const text = readFileSync(file, 'utf8');
writeFileSync(file, `${text.slice(0, text.indexOf(begin) + begin.length)}\n${table}\n${text.slice(text.indexOf(end))}`);
