import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { doors, products, types, yupLoader } from '../bundles.ts';
import { ready } from '../products.ts';
import { run } from '../run.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { documents, stage } from './stage.ts';
import { thirdPartyNotices } from './notices.ts';

/** What of our package.json belongs to the library: the rest is the extension's, or development's. */
const libraryFields = ['name', 'version', 'description', 'keywords', 'license', 'type', 'sideEffects', 'bin', 'exports', 'dependencies', 'peerDependencies', 'peerDependenciesMeta'];

/** Makes the npm package. Says where its tarball is. */
export async function packLibrary(into: string): Promise<string> {
  const [built] = await Promise.all([ready(products.library), ready(types)]);

  const folder = await stage('library', libraryFields, (manifest) => ({
    ...manifest,
    engines: { node: '>=20' },
    main: './dist/index.cjs',
    types: './dist/types/cjs/src/index.d.ts',
    // For the older module resolution ("node10") of many an extension, which does not know `exports`.
    typesVersions: { '*': Object.fromEntries(['vscode', 'testing', 'opentelemetry'].map((door) => [door, [`./dist/types/cjs/src/${door}.d.ts`]])) },
    files: ['dist', ...documents.filter((name) => name.endsWith('.txt') || name === 'CHANGELOG.md')],
  }));
  for (const { file } of built) {
    await cp(path.join(projectRoot, file), path.join(folder, file));
    await cp(path.join(projectRoot, `${file}.map`), path.join(folder, `${file}.map`));
  }
  for (const name of [...doors, yupLoader].flatMap((each) => [each, `browser/${each}`])) await cp(path.join(projectRoot, `dist/${name}.cjs`), path.join(folder, `dist/${name}.cjs`));
  await stageTypes(path.join(folder, 'dist/types'));
  await writeFile(path.join(folder, 'THIRD-PARTY-NOTICES.txt'), await thirdPartyNotices(built));

  await mkdir(into, { recursive: true });
  const name = (await run('npm', ['pack', '--silent', '--pack-destination', into], folder)).trim();
  return path.join(into, name);
}

/** The declarations twice: TypeScript takes them for an ES module or for CommonJS by the package.json that is next. */
async function stageTypes(folder: string): Promise<void> {
  for (const [name, type] of [['esm', 'module'], ['cjs', 'commonjs']] as const) {
    await cp(path.join(projectRoot, 'dist/types'), path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'package.json'), `${JSON.stringify({ type })}\n`);
  }
}
