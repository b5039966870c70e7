import path from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../vscode-host/paths.ts';
import { checker, program, sourceFile } from './source.ts';

/** The API: what each door exports, in the words and types of the declarations that are shipped. */
export function apiReference(): string {
  const declarations = emittedDeclarations();
  const seen = new Set<ts.Symbol>();
  const doors = [['holdfast', 'src/index.ts'], ['holdfast/vscode', 'src/vscode.ts'], ['holdfast/testing', 'src/testing.ts'], ['holdfast/opentelemetry', 'src/opentelemetry.ts']] as const;
  const sections = doors.map(([name, file]) => {
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(sourceFile(file))!)
      .map((symbol) => ({ name: symbol.name, symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol }))
      // holdfast/vscode exports all of holdfast too; each thing is described once.
      .filter(({ symbol }) => !seen.has(symbol) && seen.add(symbol) !== undefined);
    const described = exported.toSorted((a, b) => a.name.localeCompare(b.name, 'en')).map(({ name: own, symbol }) => `### ${own}\n\n\`\`\`ts\n${declarationsOf(symbol, declarations)}\n\`\`\``);
    return [`## ${name}`, summary(file), ...described].join('\n\n');
  });
  return ['# API', '`holdfast/vscode` exports everything that `holdfast` does, and what is listed under its own name.', ...sections].join('\n\n');
}

/** The declaration files, by the source file that they are of. */
function emittedDeclarations(): Map<string, ts.SourceFile> {
  const files = new Map<string, ts.SourceFile>();
  program.emit(undefined, (_name, text, _bom, _error, sources) => {
    const source = sources?.[0]?.fileName;
    if (source !== undefined) files.set(path.relative(projectRoot, source), ts.createSourceFile(source, text, ts.ScriptTarget.ESNext, true));
  }, undefined, true);
  return files;
}

function declarationsOf(symbol: ts.Symbol, declarations: Map<string, ts.SourceFile>): string {
  const texts = (symbol.declarations ?? []).flatMap((declaration) => {
    const file = declarations.get(path.relative(projectRoot, declaration.getSourceFile().fileName))!;
    return file.statements.filter((statement) => nameOf(statement) === symbol.name).map((statement) => statement.getFullText().trim());
  });
  return [...new Set(texts)].join('\n').replaceAll('export declare ', '').replaceAll(/^export /gm, '').replaceAll(/^ +(private|#private).*\n/gm, '');
}

function nameOf(statement: ts.Statement): string | undefined {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]?.name.getText();
  return ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement) || ts.isFunctionDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    ? statement.name?.text
    : undefined;
}

function summary(file: string): string {
  const text = sourceFile(file).text;
  return /^\/\*\* (.*) \*\//.exec(text)?.[1] ?? '';
}
