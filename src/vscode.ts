/** Holdfast in VS Code: supervised settings for an extension. */
import { ConfigurationService } from './service/service.ts';
import type { ServiceOptions } from './service/options.ts';
import type { SettingsDefinition } from './settings/define-settings.ts';
import { registerWithHoldfast, vscodeStore, type VscodeContext } from './store/vscode-host.ts';

export * from './index.ts';
export { vscodeStore, type VscodeContext } from './store/vscode-host.ts';

/**
 * Supervises the settings of an extension: call it in `activate`, with the extension's context.
 *
 * Resolves when the settings have been read, or after 5 s; the service is disposed of with the context.
 * It shows itself in the Holdfast extension when that is installed, and works the same without it.
 */
export async function superviseConfiguration<V extends object>(
  context: VscodeContext,
  definition: SettingsDefinition<V>,
  options: Partial<ServiceOptions> = {},
): Promise<ConfigurationService<V>> {
  const service = new ConfigurationService(definition, {
    id: context.extension.id,
    memento: context.workspaceState,
    store: options.store ?? vscodeStore(context, definition),
    ...options,
  });
  context.subscriptions.push({ dispose: () => void service.dispose() }, registerWithHoldfast(service));
  await service.ready;
  return service;
}
