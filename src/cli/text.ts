/** A text of at most that length. No character is cut in two. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A text as a file gives it back: half a character, which a file cannot hold, is another one. */
export const asWritten = (text: string): string => Buffer.from(text).toString();
