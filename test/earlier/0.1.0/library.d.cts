/** The library of version 0.1.0, see ../make.ts. What the tests use of it has the types of today. */
export function library(): typeof import('../../../src/index.ts', { with: { 'resolution-mode': 'import' } });
export function vscode(): typeof import('../../../src/vscode.ts', { with: { 'resolution-mode': 'import' } });
export function testing(): typeof import('../../../src/testing.ts', { with: { 'resolution-mode': 'import' } });
export function inspect(): typeof import('../../../src/inspect/recorder.ts', { with: { 'resolution-mode': 'import' } })
  & typeof import('../../../src/inspect/recording-export.ts', { with: { 'resolution-mode': 'import' } });
export function extension(): typeof import('../../../src/extension/registry.ts', { with: { 'resolution-mode': 'import' } })
  & typeof import('../../../src/extension/health-tree.ts', { with: { 'resolution-mode': 'import' } })
  & typeof import('../../../src/extension/status-bar-model.ts', { with: { 'resolution-mode': 'import' } });
