import type { Plugin } from 'esbuild';

/**
 * Leaves the formats of `@cfworker/json-schema` out of a bundle, a quarter of it: src/settings/vscode-schema.ts names no format
 * that it has not put into the validator's table itself.
 */
export const withoutFormats: Plugin = {
  name: 'without formats',
  setup({ onLoad }) {
    onLoad({ filter: /@cfworker[\\/]json-schema[\\/]dist[\\/](esm|commonjs)[\\/]format\.js$/ }, () => ({ contents: 'export const format = {};', loader: 'js' }));
  },
};
