/**
 * `npm run build`: builds what there is to build, and says how big it came out.
 *
 * `--tests` adds the bundles of the tests that run inside VS Code; `--types` adds the type declarations.
 */
import { buildExtensions, buildLibrary, buildTypes, buildVscodeTests } from './bundles.ts';

const wanted = new Set(process.argv.slice(2));
const unknown = [...wanted].filter((word) => word !== '--tests' && word !== '--types');
if (unknown.length > 0) {
  console.error(`Not an option of the build: ${unknown.join(' ')}. There are --tests and --types.`);
  process.exit(1);
}

const built = (await Promise.all([
  buildExtensions(),
  buildLibrary(),
  wanted.has('--tests') ? buildVscodeTests() : [],
])).flat();
for (const { file, size } of built) {
  console.log(`${(size / 1024).toFixed(1).padStart(9)} kB  ${file}`);
}
if (built.length === 0) console.log('Nothing to build yet.');
if (wanted.has('--types')) {
  await buildTypes();
  console.log('              dist/types');
}
