import type * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

export function createClient(context: vscode.ExtensionContext): LanguageClient {
  const server = { module: context.asAbsolutePath('server.cjs'), transport: TransportKind.ipc };
  return new LanguageClient('app', { run: server, debug: server }, {
    documentSelector: [{ language: 'markdown' }],
    synchronize: { configurationSection: 'app' },
  });
}
