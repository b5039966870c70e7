import path from 'node:path';
import ts from 'typescript';
import { install } from '../../tools/on-demand.ts';
import { steps } from '../../tools/language-client/steps.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { blocksOf, textOf } from './documents.ts';

/** What a reader of the deployment guide has written before. */
export const deploymentSettings = `import { defineSettings } from 'holdfast';
import * as yup from 'yup';
export const app = defineSettings('app', {
  compiler: { schema: yup.string().defined(), default: '', description: 'A program.', restricted: true },
});
`;

/** What a reader of README.md has around its code. */
const aroundReadme = `import * as vscode from 'vscode';
declare const path: string, uri: vscode.Uri, document: vscode.TextDocument, context: vscode.ExtensionContext;
declare function lint(document: vscode.TextDocument): void;
declare function exec(program: string, args: string[], options: { signal: AbortSignal }): Promise<string>;
`;

/** What `npx holdfast types` has written for them. */
const settingsOfReadme = "export interface Settings { readonly run: 'onType' | 'onSave'; readonly maxProblems: number; readonly 'server.path': string | null }\n";

/** The TypeScript of a document that has no title, in its order. */
const untitled = (document: string): readonly string[] => [...textOf(document).matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!);

type Code = ReadonlyMap<string, string>;

/** The code of the documents, by the path where it is taken to be, relative to the project: no such file is there. */
export const codeOf = {
  contributing: new Map(['setting-kind', 'machine', 'store'].flatMap((page) => [...blocksOf(`docs/contributing/${page}.md`)])),
  deployment: within('docs/deployment', [['settings.ts', deploymentSettings], ...blocksOf('docs/guides/deployment.md')]),
  guard: within('docs/guard', untitled('docs/guides/guard.md').map((code, n) => [`${n}.ts`, code] as const)),
  // Beside the packages that it migrates from.
  migration: within('tools/peers/migration', blocksOf('docs/guides/migration.md')),
  // Beside the language client that it has.
  move: new Map([...steps()].flatMap(([step, files]) => [...within(`tools/language-client/moving/${step}`, files)])),
  readme: within('docs/readme', [['settings.generated.ts', settingsOfReadme], ...untitled('README.md').map((code, n) => [`${n}.ts`, aroundReadme + code] as const)]),
} satisfies Record<string, Code>;

function within(folder: string, files: Iterable<readonly [name: string, code: string]>): Code {
  return new Map([...files].map(([name, code]) => [`${folder}/${name}`, code]));
}

let checked: ts.Program | undefined;

/** What TypeScript says against the code of a document; '' is good. All of it is one program; `npm run types` checks the sources. */
export async function typeErrors(document: keyof typeof codeOf): Promise<string> {
  await Promise.all([install('tools/peers'), install('tools/language-client')]);
  const program = (checked ??= programOf(Object.values(codeOf)));
  const files = [...codeOf[document].keys()].map((name) => program.getSourceFile(path.join(projectRoot, name))!);
  const said = files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
  const host = { ...ts.sys, getCanonicalFileName: (name: string) => name, getNewLine: () => '\n' };
  return ts.formatDiagnostics([...program.getOptionsDiagnostics(), ...said], host);
}

function programOf(all: readonly Code[]): ts.Program {
  const texts = new Map(all.flatMap((code) => [...code].map(([name, text]) => [path.join(projectRoot, name), text] as const)));
  const configuration = path.join(projectRoot, 'tsconfig.json');
  const system = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const { options } = ts.getParsedCommandLineOfConfigFile(configuration, { noEmit: true }, system)!;
  // A host that does not know which folders there are looks for files in those that are not there.
  const { directoryExists: _, ...host } = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => texts.has(path.normalize(name)) || fileExists(name);
  host.readFile = (name) => texts.get(path.normalize(name)) ?? readFile(name);
  host.getSourceFile = (name, version) => {
    const text = host.readFile(name);
    return text === undefined ? undefined : ts.createSourceFile(name, text, version);
  };
  return ts.createProgram([...texts.keys()], options, host);
}
