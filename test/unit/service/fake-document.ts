import type { UriLike } from '../../../src/service/reads/configuration-scope.ts';

/* What is used of VS Code's own objects, in its shape: its module is there in VS Code alone, where the same is tested with the real ones. */

export const fakeUri = (text: string): UriLike => ({ scheme: new URL(text).protocol.slice(0, -1), path: new URL(text).pathname, toString: () => text });

export const fakeDocument = (text: string, languageId: string): { readonly uri: UriLike; readonly languageId: string } => ({ uri: fakeUri(text), languageId });
