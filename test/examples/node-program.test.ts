import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { expect } from 'chai';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

describe('Example: a Node program with its settings in a JSON file', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = path.join(folder, 'settings.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const words = (...args: string[]): string[] => ['--import', './tools/from-source.ts', 'examples/node-program/program.ts', file, ...args];
  const program = async (...args: string[]): Promise<unknown> => JSON.parse(await run(process.execPath, words(...args), projectRoot));

  it('has its defaults when there is no file', async () => {
    expect(await program('get')).to.deep.equal({ every: 60, pages: [] });
  });

  it('keeps what people wrote around the values', async () => {
    writeFileSync(file, '{\n  // not too often\n  "watcher.every": 120,\n  "watcher.pages": [],\n}\n');
    expect(await program('add', 'https://example.com/')).to.deep.equal({ every: 120, pages: ['https://example.com/'] });
    const text = readFileSync(file, 'utf8');
    expect(text).to.include('// not too often').and.to.include('"https://example.com/"');
  });

  it('loses nothing when two of them write at once', async () => {
    const pages = [1, 2, 3].map((n) => `https://example.com/${n}`);
    await Promise.all(pages.map((page) => program('add', page)));
    expect((await program('get') as { pages: string[] }).pages.toSorted()).to.deep.equal(pages);
  });

  it('refuses what is not legal, and a file that does not parse, and says what to do', async () => {
    const failure = (...args: string[]): Promise<string> => program(...args).then(() => '', (error: Error) => error.message);
    expect(await failure('add', 'no page')).to.match(/"pages".*url/i);
    writeFileSync(file, '{ "watcher.every": 120 oops }');
    expect(await failure('add', 'https://example.com/')).to.match(/Correct line 1, column 24 of .*, then try again/);
    expect(readFileSync(file, 'utf8')).to.equal('{ "watcher.every": 120 oops }');
  });

  it('follows what people change, and ends when it is interrupted', async () => {
    const child: ChildProcess = spawn(process.execPath, words('follow'), { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = readline.createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
    expect(await next()).to.deep.equal({ every: 60, pages: [] });
    writeFileSync(file, '{ "watcher.every": 5 }');
    expect(await next()).to.deep.equal({ every: 5, pages: [] });
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).to.deep.equal([0, null]);
  });
});
