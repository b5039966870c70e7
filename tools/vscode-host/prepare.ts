/** Fetches the VS Codes that the tests run in, where they are not there yet: while others work, it waits for a registry. */
import { showProgress } from '../progress.ts';
import { ensureServer } from './fetch.ts';
import { vscodeVersions } from './versions.ts';

const progress = showProgress();
for (const version of vscodeVersions) await ensureServer(version, progress.step);
progress.done();
