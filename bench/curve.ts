import type { Library } from './library.ts';

/** A quantity that grows with another. */
export interface Series {
  readonly name: string;
  readonly unit: 'ms' | 'KB' | 'ns';
  /** Measured at each of the curve's sizes. */
  readonly values: readonly number[];
  /** `linear`: at most proportional to the size, the default; `flat`: does not depend on it. */
  readonly expected: 'linear' | 'flat';
}

/** How something scales; measured in a process of its own. */
export interface Curve {
  readonly title: string;
  /** What the sizes count. */
  readonly of: string;
  readonly sizes: readonly number[];
  readonly quickSizes: readonly number[];
  /** Measures one size, once. By name of the series. */
  readonly measure: (library: Library, size: number) => Promise<Readonly<Record<string, number>>>;
  readonly series: readonly Omit<Series, 'values'>[];
}

/** Less than this is lost in the noise. */
const noise = { ms: 0.5, KB: 4, ns: 2 };

/** The power of the size by which a series grows, from its larger half: 1 is linear, 0 is flat. */
export function exponent(sizes: readonly number[], { values, unit }: Pick<Series, 'values' | 'unit'>): number {
  const from = Math.floor(sizes.length / 2);
  const points = sizes.slice(from).map((size, i) => ({ x: Math.log(size), y: Math.log(Math.max(values[from + i]!, 0) + noise[unit]) }));
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const above = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const below = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return above / below;
}

/** Noise and the collector's growing heap bend a straight line a little; a square has 2. */
const tolerance = 0.2;

export function isAsExpected(sizes: readonly number[], series: Series): boolean {
  return exponent(sizes, series) <= (series.expected === 'linear' ? 1 : 0) + tolerance;
}

/** Processor time in milliseconds that some work takes. */
export async function busy(work: () => Promise<unknown> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
