/** Text of others as Markdown that shows it as it is: no links, no formatting, no icons. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!|<>~$&]/g, '\\$&').replace(/\s+/g, ' ');
}

/** A table; its cells are Markdown. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Milliseconds, as people read them: `0.4 ms`, `1.2 s`, `3 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

/** A moment of today as the clock on the wall shows it. */
export function clockTime(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

/** A settings file's short name: the last two parts of its URI, or the name its store gives it. */
export function fileName(file: string): string {
  if (!/^[a-z][\w+.-]+:\/\//i.test(file)) return file;
  try {
    return decodeURIComponent(new URL(file).pathname).split('/').slice(-3).join('/').replace(/^\//, '');
  } catch {
    return file;
  }
}
