/**
 * What is made of the sources is made once. A product is made again when one of its sources has another content, or when
 * something of it has been changed or is gone; a stamp in out/built says what it was made of.
 */
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../test/limits.ts';
import { atExit } from './at-exit.ts';
import { projectRoot } from './vscode-host/paths.ts';

export interface Product<T> {
  readonly name: string;
  /** Files and folders, relative to the project. What is built, or installed, below them is none. */
  readonly sources: readonly string[];
  /** Makes it. What it resolves to is kept as JSON. */
  make(): Promise<T>;
  /** The files and folders that have been made, relative to the project. */
  made(result: T): readonly string[];
}

interface Stamp {
  readonly sources: string;
  readonly made: Readonly<Record<string, string>>;
  readonly result: unknown;
}

const notSources = /^(dist|out|node_modules|\..*)$/;

/** Makes a product, unless it is there as its sources have it. Of several processes that want it one makes it. */
export function ready<T>(product: Product<T>, root = projectRoot): Promise<T> {
  return alone(product.name, root, async () => {
    const stamp = readStamp(product.name, root);
    const sources = contentOf(product.sources, root);
    const fresh = stamp?.sources === sources && Object.entries(stamp.made).every(([file, state]) => stateOf(file, root) === state);
    return fresh ? stamp.result as T : await makeAndStamp(product, sources, root);
  });
}

/** Makes a product, whether it is there or not. */
export function make<T>(product: Product<T>, root = projectRoot): Promise<T> {
  return alone(product.name, root, () => makeAndStamp(product, contentOf(product.sources, root), root));
}

async function makeAndStamp<T>(product: Product<T>, sources: string, root: string): Promise<T> {
  rmSync(stampOf(product.name, root), { force: true });
  const result = await product.make();
  const files = product.made(result).flatMap((name) => filesIn(name, root));
  const stamp: Stamp = { sources, made: Object.fromEntries(files.map((file) => [file, stateOf(file, root)])), result };
  writeFileSync(stampOf(product.name, root), JSON.stringify(stamp));
  return result;
}

const stampOf = (name: string, root: string): string => path.join(root, 'out/built', `${name}.json`);

function readStamp(name: string, root: string): Stamp | undefined {
  try {
    return JSON.parse(readFileSync(stampOf(name, root), 'utf8')) as Stamp;
  } catch {
    return undefined;
  }
}

/** What stands in all of these files, as one number. */
function contentOf(names: readonly string[], root: string): string {
  const hash = createHash('sha256');
  for (const file of names.flatMap((name) => filesIn(name, root, notSources))) {
    hash.update(`${file}\0`).update(readFileSync(path.join(root, file))).update('\0');
  }
  return hash.digest('hex');
}

function stateOf(file: string, root: string): string {
  const found = statSync(path.join(root, file), { throwIfNoEntry: false });
  return found === undefined ? 'gone' : `${found.size} bytes, ${found.mtimeMs}`;
}

/** The files below a folder, in the order of their names; the file itself when it is one, and nothing when it is not there. */
function filesIn(name: string, root: string, without = /^$/): string[] {
  const found = statSync(path.join(root, name), { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [name];
  const names = readdirSync(path.join(root, name)).sort().filter((each) => !without.test(each));
  return names.flatMap((each) => filesIn(path.posix.join(name, each), root, without));
}

/** Runs while no other process runs for the same product. */
export async function alone<T>(name: string, root: string, work: () => Promise<T>): Promise<T> {
  const lock = path.join(root, 'out/built', `${name}.lock`);
  mkdirSync(path.dirname(lock), { recursive: true });
  await until(`another process has made ${name}`, () => takes(lock));
  const release = (): void => rmSync(lock, { force: true });
  const done = atExit(release);
  try {
    return await work();
  } finally {
    done();
    release();
  }
}

/** Linked and not written, so that it is never seen without the process that holds it. */
function takes(lock: string): boolean {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isHeld(lock)) rmSync(lock, { force: true });
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Whether the process that took it is still there. */
function isHeld(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
