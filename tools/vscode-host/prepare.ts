/**
 * Fetches the VS Codes that the tests run in, and compiles their pages, unless that has been done. A suite of its own, as it mostly
 * waits for a registry.
 */
import { showProgress } from '../progress.ts';
import { ensureServer } from './fetch.ts';
import { keepCompiled } from './keep-compiled.ts';
import { vscodeVersions } from './versions.ts';

const progress = showProgress();
for (const version of vscodeVersions) {
  await ensureServer(version, progress.step);
  await keepCompiled(version, progress.step);
}
progress.done();
