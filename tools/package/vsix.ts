/** `node vsix.ts <folder> <file>`: vsce lists what it packs, and ends the process when something is wrong. So it has one of its own. */
import { createVSIX } from '@vscode/vsce';

const [cwd, packagePath] = process.argv.slice(2);
await createVSIX({ cwd: cwd!, packagePath: packagePath!, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false });
