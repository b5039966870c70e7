import { valueType } from './value-types.ts';
import { CannotError, lineEnd } from './package-file.ts';
import type { FoundSettings } from './found-settings.ts';
import { asWritten, shortened } from './text.ts';

/** Between the first and the last line of each stands what is written. */
export const markers = { settings: '<!-- holdfast docs: settings -->', commands: '<!-- holdfast docs: commands -->', end: '<!-- holdfast docs: end -->' } as const;

/**
 * A document with the tables as package.json has them, where it has markers for them.
 * @throws CannotError it has none, or one without an end
 */
export function documented(text: string, file: string, found: FoundSettings, manifest: object): string {
  const tables = { settings: settingsTable(found), commands: commandsTable(manifest, found.translated) };
  let next = text;
  let count = 0;
  for (const [name, table] of Object.entries(tables)) {
    const begin = markers[name as keyof typeof tables];
    const start = next.indexOf(begin);
    if (start < 0) continue;
    const end = next.indexOf(markers.end, start);
    const isOpen = Object.values(markers).some((marker) => next.slice(start + begin.length, Math.max(end, 0)).includes(marker));
    if (end < 0 || isOpen) throw new CannotError(`${file} has "${begin}", and no "${markers.end}" after it.`);
    const eol = lineEnd(next);
    next = `${next.slice(0, start)}${[begin, '', ...table, '', ''].join(eol)}${next.slice(end)}`;
    count++;
  }
  if (count === 0) throw new CannotError(`${file} has no place for the tables. Put these lines where they belong: ${markers.settings} and ${markers.end}; for the commands ${markers.commands} and ${markers.end}.`);
  return asWritten(next);
}

function settingsTable({ settings, translated }: FoundSettings): string[] {
  const current = settings.filter(({ property }) => property['deprecationMessage'] === undefined && property['markdownDeprecationMessage'] === undefined);
  const rows = current.map(({ name, property, default: standard }) => {
    const { markdownDescription, description } = property;
    const values = valueType(property, standard).replace(/\breadonly /g, '');
    const text = translated(markdownDescription ?? description);
    return row(code(name), code(shortened(values, 60)), code(shortened(JSON.stringify(standard), 80)), cell(text));
  });
  return [row('Setting', 'Values', 'Default', 'Description'), row('---', '---', '---', '---'), ...rows];
}

function commandsTable(manifest: object, translated: FoundSettings['translated']): string[] {
  const { commands } = Object((manifest as { contributes?: unknown }).contributes) as { commands?: unknown };
  const rows = (Array.isArray(commands) ? commands : []).map((each: unknown) => {
    const { command, title, category } = Object(each) as Record<string, unknown>;
    const name = [translated(category), translated(title)].filter((part) => part !== '').join(': ');
    return row(cell(name), code(String(command)));
  });
  return [row('Command', 'Identifier'), row('---', '---'), ...rows];
}

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const cell = (text: string): string => text.trim().replace(/\s*\r?\n\s*/g, ' ').replaceAll('|', '\\|').replaceAll('<!--', '&lt;!--');

function code(text: string): string {
  const ticks = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([each]) => each.length)) + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${text.replaceAll('|', '\\|')}${space}${ticks}`;
}
