/**
 * `npx holdfast`: sets an existing extension up, and keeps what follows from its package.json as that says.
 *
 * Exit codes: 0 done, 1 it found something, 2 it cannot: wrong use, or no package.json that could be used.
 */
import { parseArgs } from 'node:util';
import { existsSync, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { documented, markers } from './docs-text.ts';
import { findingsIn, findingText } from './findings.ts';
import { foundSettings, type FoundSettings } from './found-settings.ts';
import { CannotError, lineEnd, PackageFile, readOrNothing, writeText } from './package-file.ts';
import { typesFile, typesText } from './types-file.ts';

interface Options {
  readonly manifest: string;
  readonly out: string;
  readonly readme: string;
  readonly check: boolean;
  readonly watch: boolean;
  readonly dryRun: boolean;
}

interface Command {
  readonly summary: string;
  readonly options: readonly (keyof typeof optionTexts)[];
  run(options: Options): number | Promise<number>;
}

const say = (text: string): void => console.log(text);

const optionTexts = {
  manifest: '--manifest <file>  the extension\'s package.json; default: ./package.json',
  out: `--out <file>       the generated types, relative to package.json; default: ${typesFile}`,
  readme: '--readme <file>    the document with the markers, relative to package.json; default: README.md',
  check: '--check            changes nothing: exit code 1 when something would be written',
  watch: '--watch            writes again whenever package.json changes, until it is stopped',
  dryRun: '--dry-run          changes nothing: says what would be changed',
  help: '--help             says this',
} as const;

const commands: Readonly<Record<string, Command>> = {
  init: { summary: 'sets the extension up: the dependency, a script, the types of its settings', options: ['manifest', 'out', 'dryRun'], run: init },
  types: { summary: 'writes the TypeScript types of the settings', options: ['manifest', 'out', 'check', 'watch'], run: types },
  docs: { summary: `writes tables of settings and commands between markers (${markers.settings})`, options: ['manifest', 'readme', 'check'], run: docs },
  check: { summary: 'says what is wrong with the settings of the manifest, and whether the types are as it says', options: ['manifest', 'out'], run: check },
};

/** @returns the exit code */
export async function main(words: readonly string[]): Promise<number> {
  const [name, ...others] = words;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const isAsked = name === '--help' || name === 'help';
    (isAsked ? say : console.error)(usage());
    return isAsked ? 0 : 2;
  }
  try {
    const options = optionsOf(command, others);
    if (options !== undefined) return await command.run(options);
    say(usageOf(name!, command));
    return 0;
  } catch (error) {
    if (!(error instanceof CannotError)) throw error;
    console.error(error.message);
    return 2;
  }
}

/** @returns `undefined` when help is asked for */
function optionsOf({ options }: Command, words: readonly string[]): Options | undefined {
  const known = { 'manifest': { type: 'string' }, 'out': { type: 'string' }, 'readme': { type: 'string' }, 'check': { type: 'boolean' }, 'watch': { type: 'boolean' }, 'dry-run': { type: 'boolean' }, 'help': { type: 'boolean' } } as const;
  const isKnown = (name: string): boolean => name === 'help' || (options as readonly string[]).includes(name === 'dry-run' ? 'dryRun' : name);
  try {
    const { values } = parseArgs({ args: [...words], options: Object.fromEntries(Object.entries(known).filter(([name]) => isKnown(name))) as typeof known });
    if (values.help === true) return undefined;
    return {
      manifest: values.manifest ?? 'package.json', out: values.out ?? typesFile, readme: values.readme ?? 'README.md',
      check: values.check ?? false, watch: values.watch ?? false, dryRun: values['dry-run'] ?? false,
    };
  } catch (error) {
    throw new CannotError(`${(error as Error).message}\nTo see what there is: npx holdfast --help`, { cause: error });
  }
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(6)} ${summary}`);
  return ['Usage: npx holdfast <command> [options]', '', ...lines, '', 'Options of a command: npx holdfast <command> --help', 'Exit codes: 0 done, 1 found something, 2 wrong use'].join('\n');
}

function usageOf(name: string, { summary, options }: Command): string {
  return [`Usage: npx holdfast ${name} [options]`, '', `It ${summary}.`, '', ...[...options, 'help' as const].map((option) => `  ${optionTexts[option]}`)].join('\n');
}

// ---- types

async function types(options: Options): Promise<number> {
  if (!options.watch) return writeTypes(options);
  if (options.check) throw new CannotError('--watch and --check do not go together.');
  const file = path.resolve(options.manifest);
  const again = (): void => {
    try {
      writeTypes(options);
    } catch (error) {
      // While it is edited, it may be damaged.
      console.error((error as Error).message);
    }
  };
  // From now on nothing is missed.
  const ended = watching(file, again);
  again();
  say(`Watching ${file}`);
  await ended;
  return 0;
}

/** Calls back after each change of a file, or one that takes its place, until the process is asked to end. */
function watching(file: string, onChange: () => void): Promise<void> {
  const folder = path.dirname(file);
  if (!existsSync(folder)) throw new CannotError(`There is no ${folder}.`);
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watcher = watch(folder, (_, name) => {
      if (name !== null && name !== path.basename(file) && name !== 'package.nls.json') return;
      // Of one save there may be several events.
      clearTimeout(timer);
      timer = setTimeout(onChange, 50);
    });
    const stop = (): void => {
      clearTimeout(timer);
      watcher.close();
      resolve();
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

function writeTypes({ manifest, out, check: isCheck }: Options): number {
  const file = new PackageFile(manifest);
  const target = path.resolve(file.folder, out);
  const text = wantedTypes(foundSettings(file), target);
  return write(target, text, isCheck, 'npx holdfast types');
}

/** With line ends as the file has them. */
function wantedTypes(found: FoundSettings, target: string): string {
  const before = readOrNothing(target);
  const text = typesText(found);
  return before !== undefined && lineEnd(before) === '\r\n' ? text.replaceAll('\n', '\r\n') : text;
}

function write(target: string, text: string, isCheck: boolean, command: string): number {
  const shown = path.relative(process.cwd(), target);
  if (readOrNothing(target) === text) {
    say(`${shown} is as package.json says.`);
    return 0;
  }
  if (isCheck) {
    say(`${shown} is not as package.json says. To write it: ${command}`);
    return 1;
  }
  writeText(target, text);
  say(`${shown} is written.`);
  return 0;
}

// ---- docs

function docs({ manifest, readme, check: isCheck }: Options): number {
  const file = new PackageFile(manifest);
  const target = path.resolve(file.folder, readme);
  const before = readOrNothing(target);
  if (before === undefined) throw new CannotError(`There is no ${target}.`);
  return write(target, documented(before, target, foundSettings(file), file.manifest), isCheck, 'npx holdfast docs');
}

// ---- check

function check({ manifest, out }: Options): number {
  const file = new PackageFile(manifest);
  let found: FoundSettings;
  try {
    found = foundSettings(file);
  } catch (error) {
    say((error as Error).message);
    return 1;
  }
  const shown = path.relative(process.cwd(), file.file);
  const findings = findingsIn(found);
  for (const finding of findings) say(`${shown}:${file.lineOf(finding.place.map((part) => (/^\d+$/.test(part) ? Number(part) : part)))}: ${findingText(finding)}`);
  const target = path.resolve(file.folder, out);
  const isStale = ![undefined, wantedTypes(found, target)].includes(readOrNothing(target));
  if (isStale) say(`${path.relative(process.cwd(), target)} is not as package.json says. To write it: npx holdfast types`);
  const count = findings.length + (isStale ? 1 : 0);
  say(count === 0 ? `${found.settings.length} settings: nothing is wrong.` : `${found.settings.length} settings: ${count} ${count === 1 ? 'thing is' : 'things are'} wrong.`);
  return count === 0 ? 0 : 1;
}

// ---- init

function init({ manifest, out, dryRun }: Options): number {
  const file = new PackageFile(manifest);
  const found = foundSettings(file);
  const target = path.resolve(file.folder, out);
  const text = wantedTypes(found, target);
  const changes: string[] = [];
  const { dependencies, devDependencies, scripts } = file.manifest as Record<string, object | undefined>;
  if (![dependencies, devDependencies].some((object) => Object.hasOwn(Object(object) as object, 'holdfast'))) {
    const range = `^${ownVersion()}`;
    file.add('dependencies', 'holdfast', range);
    changes.push(`package.json: the dependency "holdfast": "${range}"`);
  }
  const command = `holdfast types${out === typesFile ? '' : ` --out ${/[^\w./\\-]/.test(out) ? `"${out}"` : out}`}`;
  if (!Object.values(Object(scripts) as object).some((script) => typeof script === 'string' && script.includes('holdfast types'))) {
    // A script of the author's own stays.
    let name = 'settings';
    while (Object.hasOwn(Object(scripts) as object, name)) name += ':types';
    file.add('scripts', name, command);
    changes.push(`package.json: the script "${name}": ${JSON.stringify(command)}`);
  }
  const isNew = readOrNothing(target) !== text;
  if (isNew) changes.push(`${path.relative(file.folder, target)}: the types of ${found.settings.length} settings`);
  if (!dryRun) {
    file.save();
    if (isNew) writeText(target, text);
  }
  report(file, found, changes, { dryRun, out });
  return 0;
}

function report(file: PackageFile, found: FoundSettings, changes: readonly string[], { dryRun, out }: Pick<Options, 'dryRun' | 'out'>): void {
  const sections = new Set(found.settings.map(({ name }) => name.split('.', 1)[0]));
  say(`Found ${found.settings.length} settings in ${[...sections].map((section) => `"${section}"`).join(', ')}.`);
  say(changes.length === 0 ? 'Everything is set up already: nothing to change.' : `${dryRun ? 'Would add' : 'Added'}:\n${changes.map((change) => `  ${change}`).join('\n')}`);
  const findings = findingsIn(found);
  if (findings.length > 0) say(`${findings.length} of what the manifest says may be wrong. To see it: npx holdfast check`);
  if (changes.length === 0) return;
  const names = found.section === '' ? 'their whole names' : `their keys in "${found.section}"`;
  say(`
Then, in the file that activates the extension (settings go by ${names}):

  import { settingsFrom, superviseConfiguration } from 'holdfast/vscode';
  import type { Settings } from './${path.basename(out, '.ts')}';

  const config = await superviseConfiguration(context, settingsFrom<Settings>(context.extension.packageJSON));
  config.get('${found.settings[0]!.key}');
`);
  say(`Install it first: npm install${file.folder === process.cwd() ? '' : `, in ${file.folder}`}`);
}

/** From the package.json beside the folder of the program. */
function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
