/**
 * The most that counts between two looks, in milliseconds: a process that is held up, or a computer that sleeps, sees nothing
 * meanwhile.
 */
const longest = 250;

/** For how long something was seen between two looks, in milliseconds of the monotonic clock; 0 when the looks overtook each other. */
export const timeSeen = (before: number, now: number): number => Math.min(Math.max(0, now - before), longest);
