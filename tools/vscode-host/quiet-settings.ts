/** A VS Code that does not greet or advise, and opens every editor as a tab. */
export const quietSettings: Record<string, unknown> = {
  'chat.disableAIFeatures': true,
  // What moves is drawn sixty times a second.
  'editor.cursorBlinking': 'solid',
  'extensions.ignoreRecommendations': true,
  // Looks for ports in what all processes of the machine have open, every other second.
  'remote.autoForwardPorts': false,
  'telemetry.telemetryLevel': 'off',
  // Newer versions open settings in a dialog; older ones know only tabs.
  'workbench.editor.useModal': 'off',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};
