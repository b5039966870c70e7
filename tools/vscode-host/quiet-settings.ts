/** A VS Code that does not greet or advise, and opens every editor as a tab. */
export const quietSettings: Record<string, unknown> = {
  'chat.disableAIFeatures': true,
  // What moves is drawn sixty times a second.
  'editor.cursorBlinking': 'solid',
  'extensions.ignoreRecommendations': true,
  // Looks for ports in what all processes of the machine have open, every other second; code-server does unless both say so.
  'remote.autoForwardPorts': false,
  'remote.autoForwardPortsSource': 'output',
  'telemetry.telemetryLevel': 'off',
  // Copies each file that is saved. One that another program truncates meanwhile is copied for ever: a processor, and one of
  // the four threads for files, are lost until the server ends (`copy_file_range` answers 0, and libuv asks again).
  'workbench.localHistory.enabled': false,
  // Newer versions open settings in a dialog; older ones know only tabs.
  'workbench.editor.useModal': 'off',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};
