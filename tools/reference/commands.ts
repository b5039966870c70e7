import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../vscode-host/paths.ts';
import { table } from './source.ts';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly menus?: Readonly<Record<string, readonly { readonly command?: string; readonly when?: string }[]>>;
  };
}

/** What each command does; the manifest says which there are. */
const does: Readonly<Record<string, string>> = {
  openInspector: 'Shows the actors of every service and visible guard live: states, charts, events. See [the State Inspector](../inspector.md).',
  shareInspector: 'Starts a server on this machine alone, for the Stately inspector or @xstate/inspect, and copies its address, which holds a token; stops it again. Web pages must be named in `holdfast.inspector.origins`.',
  showActions: 'Lists what can be done about a service or guard now; the status bar item runs it.',
  showHealth: 'The health report of every service and guard: checks, breakers, problems of values.',
  showMetrics: 'Counts and times of every service and guard.',
  showLog: 'The log, in the output panel.',
  reset: 'Closes circuit breakers, and starts again a service that has given up after too many crashes.',
  probe: 'Lets the next write, or call of a guard, of an open breaker through, as a probe.',
  holdOpen: 'Refuses writes, or calls of a guard, until *Release*: for when a settings file must not be touched.',
  release: 'Ends *Hold Open*; the next write or call is a probe.',
  reload: 'Reads the settings again.',
  restoreDefaults: 'Removes the values of one service from the target you choose: all, or none. Asks first.',
  convertOldSettings: 'Stores the values of earlier versions in today’s form: all of one settings file, or none of it. See [renamed settings](../guides/renamed-settings.md).',
  copyDiagnostics: 'Puts the same as *Export Diagnostics…* into the clipboard.',
  editSetting: 'Opens the settings of a service in the Settings editor, or one of them where its value is stored.',
  resolveWrites: 'Offers what you can do about settings that are not stored yet, because their file cannot be written: save it, open it, try again, store them in the user settings, or not at all.',
  demo: 'Breaks a service before your eyes and heals it again. It keeps its settings in memory: no file is touched.',
  exportDiagnostics: 'Writes a file for a bug report: health, metrics, log. Secret values are never in it.',
};

/** The commands of the extension. */
export function commandReference(): string {
  const { contributes } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as Manifest;
  const texts = JSON.parse(readFileSync(path.join(projectRoot, 'package.nls.json'), 'utf8')) as Record<string, string>;
  const hidden = new Set(contributes.menus?.['commandPalette']?.filter(({ when }) => when === 'false').map(({ command }) => command));
  const rows = contributes.commands.filter(({ command }) => !hidden.has(command)).map(({ command, title, category }) => {
    const what = does[command.replace('holdfast.', '')];
    if (what === undefined) throw new Error(`tools/reference/commands.ts does not say what ${command} does.`);
    return [`${category}: ${texts[title.replaceAll('%', '')] ?? title}`, `\`${command}\``, what];
  });
  return [
    '# Commands',
    'Of the Holdfast extension, in the command palette. A command that concerns one service or guard, or one settings file, asks which when there are several; a program may name it: `executeCommand(id, { service, file })`, where `service` is the section of a service or the id of a guard (`publisher.extension/git`).',
    table(['command', 'id', 'what it does'], rows),
  ].join('\n\n');
}
