/**
 * Packages that are installed on demand. They are untyped here, so that `tsc` and lint say the same whether they are
 * installed or not. `npm run types`, and `npm test`, install them and check everything without this file.
 */
declare module '@vscode/vsce';
declare module 'arktype';
declare module 'cockatiel';
declare module 'effect';
declare module 'effect/persistence/CircuitBreaker';
declare module 'opossum';
declare module 'p-retry';
declare module 'p-timeout';
declare module 'publint';
declare module 'typedoc';
declare module 'valibot';
/** As far as the test in VS Code uses it. */
declare module 'vscode-languageclient/node' {
  type Message = string | { readonly method: string };
  export interface Middleware {
    workspace?: {
      configuration?(params: unknown, token: unknown, next: (params: unknown, token: unknown) => unknown): unknown;
      didChangeConfiguration?(sections: string[] | undefined, next: (sections: string[] | undefined) => Promise<void>): Promise<void>;
    };
    sendNotification?(type: Message, next: (type: Message, params: unknown) => Promise<void>, params: unknown): Promise<void>;
  }
  export class LanguageClient {
    constructor(name: string, server: object, client: { readonly documentSelector: unknown; readonly middleware?: Middleware; readonly synchronize?: object });
    start(): Promise<void>;
    stop(): Promise<void>;
    restart(): Promise<void>;
    sendRequest(method: string, params?: unknown): Promise<unknown>;
    sendNotification(method: string, params?: unknown): Promise<void>;
  }
  export const TransportKind: { readonly ipc: number };
}
declare module 'vscode-languageserver/node';
declare module 'vscode-json-languageservice';
declare module 'webpack';
declare module 'zod';
