/**
 * `npm run build`: builds what there is to build, and says how big it came out.
 *
 * `--tests` adds the bundles of the tests that run inside VS Code; `--types` adds the type declarations.
 */
import { products, types } from './bundles.ts';
import { make } from './products.ts';

const wanted = new Set(process.argv.slice(2));
const unknown = [...wanted].filter((word) => word !== '--tests' && word !== '--types');
if (unknown.length > 0) {
  console.error(`Not an option of the build: ${unknown.join(' ')}. There are --tests and --types.`);
  process.exit(1);
}

const built = (await Promise.all([
  make(products.extensions),
  make(products.library),
  ...(wanted.has('--tests') ? [make(products.tests), make(products.patientNofx)] : []),
])).flat();
for (const { file, size } of built) {
  console.log(`${(size / 1024).toFixed(1).padStart(9)} kB  ${file}`);
}
if (built.length === 0) console.log('Nothing to build yet.');
if (wanted.has('--types')) {
  await make(types);
  console.log('              dist/types');
}
