/** A place in a value as it is written in code: `[1].name`. */
export function placeText(path: readonly string[]): string {
  return path.map(part).join('');
}

function part(name: string, index: number): string {
  if (/^\d+$/.test(name)) return `[${name}]`;
  if (/^[\w$-]+$/.test(name)) return `${index === 0 ? '' : '.'}${name}`;
  return `[${JSON.stringify(name)}]`;
}
