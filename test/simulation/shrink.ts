/**
 * Delta debugging: a short subsequence that still fails, found by leaving out ever smaller pieces.
 * @param fails whether a subsequence fails in the same way; asked at most `limit` times
 */
export async function shrink<T>(steps: readonly T[], fails: (steps: readonly T[]) => Promise<boolean>, limit = 2_000): Promise<readonly T[]> {
  let kept = steps;
  let asked = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && asked < limit;) {
    let isSmaller = false;
    for (let from = Math.max(0, kept.length - size); asked < limit; from -= size) {
      const rest = [...kept.slice(0, Math.max(0, from)), ...kept.slice(from + size)];
      asked++;
      if (rest.length < kept.length && await fails(rest)) {
        kept = rest;
        isSmaller = true;
      }
      if (from <= 0) break;
    }
    if (!isSmaller || size > kept.length) size = size === 1 && !isSmaller ? 0 : Math.max(1, Math.floor(Math.min(size, kept.length) / 2));
  }
  return kept;
}
