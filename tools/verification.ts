/** `npm run verification`: writes into docs/verification.md which suites name each property. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const file = path.join(root, 'docs/verification.md');
const [begin, end] = ['<!-- begin: which suites name each property -->', '<!-- end -->'];

const suites = new Map<string, Set<string>>();
for (const name of readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' }).sort()) {
  const [suite] = name.split(path.sep);
  if (!name.endsWith('.ts') || suite === 'documents') continue;
  for (const property of readFileSync(path.join(root, 'test', name), 'utf8').match(/\bP\d{1,2}\b/g) ?? []) {
    suites.set(property, (suites.get(property) ?? new Set()).add(suite!));
  }
}
const stated = [...readFileSync(path.join(root, 'docs/properties.md'), 'utf8').matchAll(/^- \*\*(P\d+)\*\*/gm)].map(([, name]) => name!);
const rows = stated.map((property) => `| ${property} | ${[...suites.get(property) ?? []].join(', ')} |`);
const table = ['| Property | Suites in `test/` that name it |', '| --- | --- |', ...rows].join('\n');
const text = readFileSync(file, 'utf8');
writeFileSync(file, `${text.slice(0, text.indexOf(begin) + begin.length)}\n${table}\n${text.slice(text.indexOf(end))}`);
