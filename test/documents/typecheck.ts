import path from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

/** What TypeScript says against these files, with the settings of the tsconfig.json in `tree`; '' is good. */
export function typeErrors(files: readonly string[], tree = projectRoot): string {
  const { options } = ts.getParsedCommandLineOfConfigFile(path.join(tree, 'tsconfig.json'), { noEmit: true }, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined })!;
  const program = ts.createProgram([...files], options);
  return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), { ...ts.sys, getCanonicalFileName: (name) => name, getNewLine: () => '\n' });
}
