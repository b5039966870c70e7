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
  // VS Code copies each file that it saves. If another program truncates the file during the copy, the copy never ends on Linux
  // (`copy_file_range` returns 0, and libuv calls it again), and no one can write the file until the server ends.
  'workbench.localHistory.enabled': false,
  // Newer versions open settings in a dialog; older ones know only tabs.
  'workbench.editor.useModal': 'off',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};
