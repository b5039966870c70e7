/**
 * A small real language server for the tests in VS Code, in a process of its own. It keeps all that it is told of settings, and on
 * request asks the client for settings as servers do (`test/ask`), or tells what it has been told (`test/told`).
 */
import { createConnection, DidChangeConfigurationNotification, ProposedFeatures } from 'vscode-languageserver/node';

const connection = createConnection(ProposedFeatures.all);
const told: unknown[] = [];

connection.onInitialize(() => ({ capabilities: {} }));
connection.onDidChangeConfiguration(({ settings }: { settings: unknown }) => void told.push(settings));
connection.onRequest('test/told', () => told);
connection.onRequest('test/ask', async (items: unknown) => await connection.sendRequest('workspace/configuration', { items }));
/** As a server does that asks for settings itself: it wants to hear that they have changed. */
connection.onRequest('test/register', async () => {
  await connection.client.register(DidChangeConfigurationNotification.type, undefined);
});
connection.listen();
