import type { InspectorRecord, Plain } from '../inspect/records.ts';

export const modes = ['CLOSED', 'HALF_OPEN', 'OPEN'] as const;
export type Mode = (typeof modes)[number];

/** Something that was measured, and when. */
export interface Point<T> {
  readonly time: number;
  readonly value: T;
}

/** What matters, over time, as it follows from the records: so a recording has it too. Keys are actors. */
export class Trends {
  readonly breakers = new Map<string, Point<Mode>[]>();
  readonly depths = new Map<string, Point<number>[]>();
  /** From the acceptance of a write to its end, waits and retries included, in milliseconds. */
  readonly latencies: Point<number>[] = [];
  /** Whether each write that has ended went well; those that were refused or withdrawn do not count. */
  readonly outcomes: Point<boolean>[] = [];
  readonly #accepted = new Map<string, number>();
  readonly #machines = new Map<string, string>();
  /** The settings file of each breaker and queue. */
  readonly #files = new Map<string, string>();
  /** Writes that have had their turn. */
  readonly #begun = new Set<string>();
  /** In recordings of 0.1, which have no writes: files whose breaker was told that the write in flight has failed. */
  readonly #failing = new Set<string>();

  add(record: InspectorRecord): void {
    if (record.kind === 'actor') {
      this.#machines.set(record.actor, record.machine);
      this.#files.set(record.actor, `${record.service} ${record.name.slice(record.name.indexOf(':') + 1)}`);
    }
    const machine = this.#machines.get(record.actor);
    if (machine === 'circuit-breaker') this.#addBreaker(record);
    else if (machine === 'write-queue' || machine === 'bulkhead') this.#addQueue(record);
    else if (machine === 'write') this.#addWrite(record);
  }

  /** What is older than the records that are kept goes, but for the last of each that a line begins with. */
  forget(before: number): void {
    for (const line of [...this.breakers.values(), ...this.depths.values()]) line.splice(0, Math.max(0, firstAfter(line, before) - 1));
    for (const line of [this.latencies, this.outcomes]) line.splice(0, firstAfter(line, before));
  }

  #addBreaker(record: InspectorRecord): void {
    if (record.kind === 'stop') return;
    if (record.states !== undefined) {
      const mode = modes.find((each) => record.states!.includes(`circuit-breaker.${each}`));
      const line = lineOf(this.breakers, record.actor);
      const entered = record.kind === 'actor' ? record.entered?.[`circuit-breaker.${mode}`] : undefined;
      if (mode !== undefined && line.at(-1)?.value !== mode) line.push({ time: entered ?? record.time, value: mode });
    }
    if (record.kind === 'event' && record.type === 'FAILURE') this.#failing.add(this.#files.get(record.actor)!);
  }

  #addWrite(record: InspectorRecord): void {
    if (record.kind !== 'event') return;
    if (record.type === 'TURN') this.#begun.add(record.actor);
    const end = record.states?.find((id) => id === 'write.stored' || id === 'write.superseded' || id === 'write.refused');
    if (end !== undefined && this.#begun.delete(record.actor)) this.outcomes.push({ time: record.time, value: end !== 'write.refused' });
  }

  #addQueue(record: InspectorRecord): void {
    if (record.kind === 'stop') return;
    const waiting = record.kind === 'actor' ? record.context['waiting'] : record.changed?.['waiting'];
    if (Array.isArray(waiting)) {
      const line = lineOf(this.depths, record.actor);
      const depth = lengthOf(waiting as readonly Plain[]);
      if (line.at(-1)?.value !== depth) line.push({ time: record.time, value: depth });
    }
    if (record.kind !== 'event') return;
    const file = this.#files.get(record.actor)!;
    if (record.type === 'SETTLED' && record.changed?.['current'] !== undefined) this.outcomes.push({ time: record.time, value: !this.#failing.has(file) });
    if (record.changed?.['current'] !== undefined) this.#failing.delete(file);
    if (record.type === 'ENQUEUE') this.#accepted.set(`${record.actor} ${JSON.stringify(member(record.data['ticket'], 'id'))}`, record.time);
    else if (record.type === 'SETTLED' || record.type === 'WITHDRAW') {
      const ticket = `${record.actor} ${JSON.stringify(record.data['id'])}`;
      const since = this.#accepted.get(ticket);
      if (this.#accepted.delete(ticket)) this.latencies.push({ time: record.time, value: Math.max(0, record.time - since!) });
    }
  }
}

/** The value below which a share of all values lies: the nearest rank. `undefined` without values. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** The index of the first point later than `time`. */
export function firstAfter(points: readonly Point<unknown>[], time: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.time <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lineOf<T>(lines: Map<string, Point<T>[]>, actor: string): Point<T>[] {
  let line = lines.get(actor);
  if (line === undefined) lines.set(actor, line = []);
  return line;
}

/** Long lists are recorded with their first items, and the number of the others as a text. */
function lengthOf(list: readonly Plain[]): number {
  const last = list.at(-1);
  const more = typeof last === 'string' ? /^… (\d+) more$/.exec(last)?.[1] : undefined;
  return more === undefined ? list.length : list.length - 1 + Number(more);
}

function member(value: Plain | undefined, name: string): Plain | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Plain>>)[name] : undefined;
}
