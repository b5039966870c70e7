import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../../../tools/vscode-host/home.ts';
import { projectRoot } from '../../../tools/vscode-host/paths.ts';

/** Files that are wrong, and the rule that says so of each. */
const planted: Readonly<Record<string, readonly [rule: string, text: string]>> = {
  'src/guard/floating.ts': ['typescript(no-floating-promises)', 'Promise.resolve();'],
  'src/guard/misused.ts': ['typescript(no-misused-promises)', 'export const a = (each: (b: () => void) => void) => each(async () => { await Promise.resolve(); });'],
  'src/guard/unused.ts': ['eslint(no-unused-vars)', 'const a = 1;\nexport {};'],
  'src/guard/import-type.ts': ['typescript(consistent-type-imports)', 'import { A } from "./asserted.ts";\nexport type B = A;'],
  'src/guard/asserted.ts': ['typescript(no-unnecessary-type-assertion)', 'export type A = string;\nexport const a = (b: A) => b as string;'],
  'src/guard/await.ts': ['typescript(await-thenable)', 'await (1 as number);\nexport {};'],
  'src/guard/any.ts': ['typescript(no-explicit-any)', 'export const a = (b: any) => void b;'],
  'src/guard/template.ts': ['typescript(restrict-template-expressions)', 'export const a = (b: string[]) => `${b}`;'],
  'src/guard/directive.ts': ['', '// oxlint-disable-next-line typescript/no-explicit-any\nexport const a = 1;'],
  'src/guard/upwards.ts': ['eslint(no-restricted-imports)', 'export * from "../service/b.ts";'],
  'src/guard/vscode.ts': ['eslint(no-restricted-imports)', 'export * from "vscode";'],
  'src/store/vscode.ts': ['eslint(no-restricted-imports)', 'import "../service/b.ts";\nimport "vscode";'],
  'src/vscode.ts': ['eslint(no-restricted-imports)', 'import "vscode";'],
  'src/webview/dom.ts': ['typescript(no-floating-promises)', 'document.exitFullscreen();'],
  'machines/node.ts': ['eslint(no-restricted-imports)', 'import "node:fs";'],
  'machines/deep.ts': ['eslint(no-restricted-imports)', 'import "xstate";\nimport "xstate/actors";\nimport "./node.ts";'],
  'src/service/flag.ts': ['holdfast(states-in-machines)', 'export class A { isOpen = false; }'],
  'test/timeout.ts': ['holdfast(waits)', 'it("a", () => undefined).timeout(5);'],
  'test/sleep.ts': ['holdfast(waits)', 'await new Promise((resolve) => setTimeout(resolve, 5));\nexport {};'],
  'test/page.ts': ['holdfast(waits)', 'declare const page: { click(a: string, b?: object): void; waitForTimeout(a: number): void };\npage.click("a", { timeout: 5 });\nexport {};'],
  'test/pause.ts': ['holdfast(waits)', 'declare const page: { click(a: string, b?: object): void; waitForTimeout(a: number): void };\npage.waitForTimeout(5);\nexport {};'],
  'test/timers.ts': ['eslint(no-restricted-imports)', 'import "node:timers/promises";'],
};

describe('The linter', () => {
  it('refuses what is wrong, by types, layers and the rules of the house', async () => {
    const folder = temporaryFolder();
    symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    for (const file of ['oxlint.config.ts', 'tsconfig.json', 'tools/lint', 'src/webview/tsconfig.json']) cpSync(path.join(projectRoot, file), path.join(folder, file), { recursive: true });
    for (const [file, [, text]] of Object.entries(planted)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    const printed = await new Promise<string>((resolve) => {
      execFile(process.execPath, [path.join(projectRoot, 'node_modules/oxlint/bin/oxlint'), '--format', 'json'], { cwd: folder }, (_error, out) => resolve(out));
    });
    const { diagnostics } = JSON.parse(printed) as { readonly diagnostics: readonly { readonly filename: string; readonly code?: string }[] };
    const found = diagnostics.map(({ filename, code = '' }) => `${filename.replaceAll('\\', '/')}: ${code}`);
    expect(found).to.have.members(Object.entries(planted).map(([file, [rule]]) => `${file}: ${rule}`));
  });
});
