import type * as vscode from 'vscode';
import { ConfigurationService } from '../service/service.ts';
import { vscodeStore } from '../store/vscode-host.ts';
import { ownDefinition } from './own-definition.ts';

/*
 * A bundle of its own, loaded when the extension has started: what needs the whole library.
 */

export { demo } from './demo.ts';
export { InspectorPanel } from './inspector-panel.ts';
export { InspectorServer } from './inspector-server.ts';

export type OwnService = ReturnType<typeof superviseOwnSettings>;

/** Holdfast reads its settings as it lets others read theirs. */
export function superviseOwnSettings(context: vscode.ExtensionContext) {
  return new ConfigurationService(ownDefinition, { id: context.extension.id, store: vscodeStore(context, ownDefinition), memento: context.workspaceState });
}
