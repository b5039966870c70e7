import { existsSync } from 'node:fs';
import path from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** In a bundle for the browser `x.browser.ts` takes the place of the `x.ts` beside it. What then still needs Node does not build. */
const browserVariants: Plugin = {
  name: 'browser variants',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path: wanted, resolveDir }) => {
      const variant = path.resolve(resolveDir, wanted.replace(/\.ts$/, '.browser.ts'));
      return existsSync(variant) ? { path: variant, sideEffects: false } : undefined;
    });
  },
};

/** For whatever runs in VS Code's extension host in the browser: a worker without modules, files or Node. */
export const forBrowser = { platform: 'browser', target: 'es2022', plugins: [browserVariants] } satisfies BuildOptions;
