import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type * as onNode from './inspector-server.ts';

/** In the place of inspector-server.ts in a browser, where nothing can be listened to: says so. */
export const InspectorServer = class InspectorServer {
  async share(): Promise<void> {
    await vscode.window.showInformationMessage(l10n.t('In a browser other inspectors cannot connect. Use the State Inspector, which can export what it has seen.'));
  }

  dispose(): void {}
} as unknown as typeof onNode.InspectorServer;
