const pending = new Set<() => void>();

process.once('exit', () => {
  for (const work of pending) {
    try {
      work();
    } catch {
      // The rest is done all the same.
    }
  }
});

/**
 * Has something done when this process ends. All share one listener: Node.js warns of a leak when there are more than ten.
 *
 * @returns takes it back
 */
export function atExit(work: () => void): () => void {
  pending.add(work);
  return () => void pending.delete(work);
}
