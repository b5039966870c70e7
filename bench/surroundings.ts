import { cpus, loadavg } from 'node:os';

/** What the machine was like: figures of a busy machine are rough. */
export function surroundings(): string {
  const all = cpus();
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown CPU'}, load ${loadavg().map((load) => load.toFixed(1)).join(' ')}`;
}
