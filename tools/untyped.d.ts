/**
 * Packages that are installed on demand. They are untyped here, so that `tsc` and lint say the same whether they are
 * installed or not. `npm run types`, and `npm test`, install them and check everything without this file.
 */
declare module '@vscode/vsce';
declare module 'cockatiel';
declare module 'effect';
declare module 'effect/persistence/CircuitBreaker';
declare module 'opossum';
declare module 'p-retry';
declare module 'p-timeout';
declare module 'publint';
declare module 'typedoc';
declare module 'webpack';
