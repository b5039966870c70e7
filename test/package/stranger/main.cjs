'use strict';
/** The extension's entry, as no bundler has touched it. */
exports.activate = (context) => ({
  cjs: () => require('./out/cjs/in-vscode.cjs').supervise(context, 'strangerCjs'),
  esm: async () => (await import('./out/esm/in-vscode.mjs')).supervise(context, 'strangerEsm'),
});
