import path from 'node:path';
import ts from 'typescript';

/** A program of these texts, by the names of files that need not be there. */
export function programOf(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions, roots: readonly string[] = [...texts.keys()]): ts.Program {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => texts.has(path.normalize(name)) || fileExists(name);
  host.readFile = (name) => texts.get(path.normalize(name)) ?? readFile(name);
  host.getSourceFile = (name, version, ...others) => {
    const text = texts.get(path.normalize(name));
    return text === undefined ? getSourceFile(name, version, ...others) : ts.createSourceFile(name, text, version);
  };
  return ts.createProgram([...roots], options, host);
}
