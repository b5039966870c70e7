/** Runs tasks several at a time, in their order; one that needs others begins when they have ended. */
export interface Task {
  readonly name: string;
  readonly needs?: readonly string[];
}

/** @param atOnce how many run together @param run resolves when the task has ended, whatever became of it */
export async function runPool<T extends Task>(tasks: readonly T[], atOnce: number, run: (task: T) => Promise<void>): Promise<void> {
  const names = new Set(tasks.map(({ name }) => name));
  const ended = new Set<string>();
  const waiting = [...tasks];
  const running = new Set<Promise<void>>();
  while (waiting.length + running.size > 0) {
    const next = waiting.findIndex(({ needs = [] }) => needs.every((need) => ended.has(need) || !names.has(need)));
    if (next === -1 && running.size === 0) throw new Error(`These need each other: ${waiting.map(({ name }) => name).join(', ')}.`);
    if (next === -1 || running.size >= atOnce) {
      await Promise.race(running);
      continue;
    }
    const [task] = waiting.splice(next, 1);
    const work = run(task!).finally(() => {
      ended.add(task!.name);
      running.delete(work);
    });
    running.add(work);
  }
}
