/** The real client, in a module of its own: what imports it is bundled after its packages were installed. */
export { LanguageClient, TransportKind, type Middleware } from 'vscode-languageclient/node';
