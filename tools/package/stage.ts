import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../vscode-host/paths.ts';
import { packedReadme } from './packed-readme.ts';

/** What both packages carry beside their code; THIRD-PARTY-NOTICES.txt is made for each. */
export const documents = ['README.md', 'LICENSE', 'CHANGELOG.md', 'THIRD-PARTY-NOTICES.txt'];

export type Manifest = Record<string, unknown>;

/** npm's provenance asks a package to name the repository that it is built in, which a workflow knows. */
export function repositoryIn({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name }: NodeJS.ProcessEnv): Manifest {
  return server && name ? { repository: { type: 'git', url: `git+${server}/${name}.git` } } : {};
}

/**
 * A package is put together in a folder of its own, out/packages/<name>: exactly what a stranger gets, with those
 * fields of package.json that concern them.
 */
export async function stage(name: string, fields: readonly string[], complete: (manifest: Manifest) => Manifest, source = projectRoot): Promise<string> {
  const folder = path.join(projectRoot, 'out/packages', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const whole = { ...repositoryIn(process.env), ...JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8')) as Manifest };
  const manifest = Object.fromEntries([...fields, 'repository'].filter((field) => field in whole).map((field) => [field, whole[field]]));
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(complete(manifest), null, 2)}\n`);
  // VS Code shows the README of an extension it has installed, and pictures that are part of it.
  await writeFile(path.join(folder, 'README.md'), await packedReadme(path.join(source, 'README.md'), { pictures: fields.includes('contributes') }));
  for (const document of documents.filter((name) => name !== 'README.md')) {
    // An example has no changelog of its own, and our licence.
    const from = document === 'LICENSE' ? projectRoot : source;
    await cp(path.join(from, document), path.join(folder, document)).catch(() => undefined);
  }
  return folder;
}
