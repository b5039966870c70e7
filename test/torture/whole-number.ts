/** A number of a command line. @throws RangeError */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`"${text}" is not a whole number.`);
  return number;
}
