/** A process that is held up, or a computer that sleeps, sees nothing meanwhile: no more than this counts between two looks, in milliseconds. */
const longest = 250;

/** For how long something was seen between two looks, in milliseconds of the monotonic clock. Of looks that overtake each other: not at all. */
export const timeSeen = (before: number, now: number): number => Math.min(Math.max(0, now - before), longest);
