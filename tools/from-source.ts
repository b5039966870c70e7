import * as nodeModule from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Importing this module lets this process import the examples as they are: their `holdfast` is the source of this
 * repository, as the build has it, so that nothing needs to be built or installed first.
 */

const root = path.resolve(import.meta.dirname, '..');
const doors: Readonly<Record<string, string>> = {
  'holdfast': 'src/index.ts',
  'holdfast/vscode': 'src/vscode.ts',
  'holdfast/testing': 'src/testing.ts',
  'holdfast/opentelemetry': 'src/opentelemetry.ts',
};

type Resolve = (specifier: string, context: unknown) => unknown;

// In the Node that runs the tools, but not in the types of the Node that the library promises to run on.
const { registerHooks } = nodeModule as unknown as {
  registerHooks(hooks: { resolve(specifier: string, context: unknown, next: Resolve): unknown }): void;
};

registerHooks({
  resolve(specifier, context, next) {
    const source = Object.hasOwn(doors, specifier) ? doors[specifier] : undefined;
    return next(source === undefined ? specifier : pathToFileURL(path.join(root, source)).href, context);
  },
});
