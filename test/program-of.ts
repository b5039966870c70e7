import path from 'node:path';
import ts from 'typescript';

/** The files of others, by their names and by the options that they are read with: each is parsed once, for all programs. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** A program of these texts, by the names of files that need not be there. */
export function programOf(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions, roots: readonly string[] = [...texts.keys()]): ts.Program {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => texts.has(path.normalize(name)) || fileExists(name);
  host.readFile = (name) => texts.get(path.normalize(name)) ?? readFile(name);
  host.getSourceFile = (name, version, ...others) => {
    const text = texts.get(path.normalize(name));
    if (text !== undefined) return ts.createSourceFile(name, text, version);
    const key = JSON.stringify([name, version, options]);
    if (!parsed.has(key)) parsed.set(key, getSourceFile(name, version, ...others));
    return parsed.get(key);
  };
  return ts.createProgram([...roots], options, host);
}
