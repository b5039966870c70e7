/** Lines of cells as a table for a terminal. @param right the columns of numbers */
export function textTable(lines: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const cell = (text: string, column: number): string => {
    const width = widths[column]!;
    return right.includes(column) ? text.padStart(width) : text.padEnd(width);
  };
  return lines.map((line) => `  ${line.map(cell).join('  ')}`.trimEnd()).join('\n');
}
