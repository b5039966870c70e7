import { lstatSync, readlinkSync, statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

/**
 * Tells of changes to a file, to any link that leads to it, and to any folder on the way. It is our own: chokidar misses a folder or a
 * link that is exchanged on the way, as deployments and mounted config maps do it.
 */

/** A name that is looked up in a folder, on the way to a file. */
export interface Step {
  readonly folder: string;
  readonly name: string;
  readonly isLink: boolean;
}

/** As many as Linux follows. */
const mostLinks = 40;

const namesOf = (file: string): string[] => file.slice(path.parse(file).root.length).split(path.sep).filter((name) => name !== '' && name !== '.');

/** The steps by which a path leads to a file: links are followed, and it ends where nothing is. */
export function stepsTo(file: string): Step[] {
  const steps: Step[] = [];
  let folder = path.parse(file).root;
  const names = namesOf(file);
  for (let links = 0; names.length > 0 && links <= mostLinks;) {
    const here = path.join(folder, names[0]!);
    const target = targetOf(here);
    // What leads up leads out of a folder that is no link: nothing is looked up for it.
    if (names[0] !== '..') steps.push({ folder, name: names[0]!, isLink: typeof target === 'string' });
    names.shift();
    if (target === undefined) break;
    if (target === null) {
      folder = here;
      continue;
    }
    links++;
    names.unshift(...namesOf(target));
    if (path.isAbsolute(target)) folder = path.parse(target).root;
  }
  return steps;
}

/** Where a link leads; `null`: it is none; `undefined`: there is nothing, or nothing that can be seen. */
function targetOf(file: string): string | null | undefined {
  try {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    return stats?.isSymbolicLink() === true ? readlinkSync(file) : stats && null;
  } catch {
    return undefined;
  }
}

/**
 * The names to watch, by folder. On macOS a folder is watched with all that is below it: there it must be near the file, or hold a link.
 */
export function watchedNames(steps: readonly Step[], platform: NodeJS.Platform = process.platform): Map<string, Set<string>> {
  const watched = new Map<string, Set<string>>();
  for (const [index, { folder, name, isLink }] of steps.entries()) {
    if (platform === 'darwin' && !isLink && index < steps.length - 2) continue;
    // Of its own end a folder tells by its own name.
    const names = watched.get(folder) ?? new Set([path.basename(folder)]);
    watched.set(folder, names.add(name));
  }
  return watched;
}

/** Watches whatever can make a path lead to another file, or to another text. A watch is for what is there now: it is renewed after each change. */
export function watchWay(file: string, changed: () => void): FSWatcher[] {
  const steps = stepsTo(file);
  const folders = [...watchedNames(steps)].flatMap(([folder, names]) => watched(folder, changed, names));
  const last = steps.at(-1);
  return process.platform === 'linux' && last !== undefined ? [...folders, ...watchedFile(path.join(last.folder, last.name), changed)] : folders;
}

/** Linux tells a folder only of what is done through it: not by another hard link of the file, or another mount. */
function watchedFile(file: string, changed: () => void): FSWatcher[] {
  try {
    return statSync(file).isFile() ? watched(file, changed) : [];
  } catch {
    // There is none yet, or none that can be looked at.
    return [];
  }
}

/** @param names what matters of a folder */
function watched(file: string, changed: () => void, names?: ReadonlySet<string>): FSWatcher[] {
  try {
    const watcher = watch(file, { persistent: false }, (_event, name) => {
      if (name === null || names === undefined || names.has(name)) changed();
    });
    return [watcher.on('error', changed)];
  } catch {
    // It may not be looked into, or the system watches no more than it does: the others tell of most.
    return [];
  }
}
