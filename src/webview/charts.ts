import { escape } from '../inspect/chart-svg.ts';
import { duration } from './dom.ts';
import type { Model } from './model.ts';
import { t } from './texts.ts';
import { firstAfter, percentile, type Point, type Trends } from './trends.ts';

/** Columns are so wide, with the gap between them, in pixels. */
const columnWidth = 8;
const narrow = 640;
/** Breakers, and queues, that are drawn. */
const maxLines = 6;

/** Where the charts' time lies on the page. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly right: number;
}

/** @param span the length of time that is shown, or `undefined` for everything, in milliseconds */
export function scaleOf(model: Model, width: number, span: number | undefined): Scale {
  const last = model.records.at(-1)?.time ?? 0;
  const end = model.live ? Math.max(Date.now(), last) : last;
  const first = model.records[0]?.time ?? end;
  const length = Math.max(1_000, Math.min(span ?? Infinity, end - first));
  // The moment that is shown is always in view.
  const to = model.position === undefined ? end : Math.min(end, Math.max(model.time() + length / 2, first + length));
  return { from: to - length, to, left: width < narrow ? 12 : 250, right: width - 12 };
}

/** Latency, errors, queues and breakers over one axis of time, as SVG. The figures are those of the moment that is shown. */
export function chartsSvg(model: Model, trends: Trends, width: number, scale: Scale): string {
  const { from, to, left, right } = scale;
  const now = model.time();
  const x = (time: number): number => round(left + ((Math.min(Math.max(time, from), to) - from) / (to - from)) * (right - left));
  const parts: string[] = [];
  let y = 10;
  /** Writes a title and figures; @returns where the plot's top is */
  const row = (title: string, figures: string, height: number): number => {
    const above = left < 100 ? 34 : 0;
    parts.push(`<text class="name" x="12" y="${y + 13}">${escape(shorten(title, 34))}</text><text class="figures" x="12" y="${y + 29}">${escape(figures).replace(/\bp\d\d\b/g, (name) => `<tspan class="latency ${name}">■</tspan> ${name}`)}</text>`);
    const top = y + above;
    y = top + Math.max(height, above === 0 ? 32 : 0) + 14;
    return top;
  };
  const inView = <T>(points: readonly Point<T>[]): readonly Point<T>[] => points.slice(Math.max(0, firstAfter(points, from - 1)), firstAfter(points, to));
  const columns = <T>(points: readonly Point<T>[]): Map<number, T[]> => {
    const found = new Map<number, T[]>();
    for (const { time, value } of inView(points)) {
      const column = Math.min(Math.floor((x(time) - left) / columnWidth), Math.ceil((right - left) / columnWidth) - 1);
      const values = found.get(column);
      if (values === undefined) found.set(column, [value]);
      else values.push(value);
    }
    return found;
  };
  const bar = (className: string, column: number, top: number, height: number, title: string): string => (
    `<rect class="${className}" x="${left + column * columnWidth}" y="${round(top)}" width="${columnWidth - 2}" height="${round(Math.max(1, height))}"><title>${escape(title)}</title></rect>`
  );

  const [breakers, otherBreakers] = chosen(trends.breakers, model, (points) => points.at(-1)?.value !== 'CLOSED');
  for (const [actor, points] of breakers) {
    const at = firstAfter(points, now) - 1;
    const mode = points[at];
    const top = row(model.name(actor), mode === undefined ? '' : t('{0} for {1}', mode.value, duration(now - mode.time)), 22);
    points.forEach(({ time, value }, index) => {
      const end = points[index + 1]?.time ?? to;
      if (end < from || time > to) return;
      const [start, size] = [x(time), Math.max(2, x(end) - x(time))];
      parts.push(`<rect class="band ${value}" x="${start}" y="${top + 4}" width="${size}" height="22" rx="3"><title>${value}, ${escape(duration(end - time))}</title></rect>`);
      if (size > value.length * 8 + 8) parts.push(`<text class="band-name ${value}" x="${round(start + size / 2)}" y="${top + 19}">${value}</text>`);
    });
  }

  const known = trends.latencies.slice(firstAfter(trends.latencies, from - 1), firstAfter(trends.latencies, now)).map(({ value }) => value).sort((a, b) => a - b);
  const figure = (share: number): string => duration(percentile(known, share)!);
  const latencyTop = row(t('Latency of writes'), known.length === 0 ? t('none has ended yet') : `p50 ${figure(0.5)} · p95 ${figure(0.95)} · p99 ${figure(0.99)}`, 60);
  const most = Math.max(10, ...inView(trends.latencies).map(({ value }) => value));
  /** Milliseconds and minutes have to be seen together: the axis is logarithmic. */
  const height = (milliseconds: number): number => (60 * Math.log10(1 + milliseconds)) / Math.log10(1 + most);
  parts.push(grid(left, right, latencyTop, 60), `<text class="axis" x="${right}" y="${latencyTop + 10}">${escape(duration(most))}</text>`);
  for (const [column, values] of columns(trends.latencies)) {
    const sorted = values.sort((a, b) => a - b);
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(sorted, share)!) as [number, number, number];
    const title = t('Writes: {0}. p50 {1}, p95 {2}, p99 {3}', values.length, duration(p50), duration(p95), duration(p99));
    for (const [name, value] of [['p99', p99], ['p95', p95], ['p50', p50]] as const) parts.push(bar(`latency ${name}`, column, latencyTop + 60 - height(value), height(value), title));
  }

  const judged = trends.outcomes.slice(firstAfter(trends.outcomes, from - 1), firstAfter(trends.outcomes, now));
  const failed = judged.filter(({ value }) => !value).length;
  const errorsTop = row(t('Rate of errors'), judged.length === 0 ? t('no write has ended yet') : t('{0} of {1} writes failed · {2} %', failed, judged.length, Math.round((100 * failed) / judged.length)), 40);
  parts.push(grid(left, right, errorsTop, 40), `<text class="axis" x="${right}" y="${errorsTop + 10}">100 %</text>`);
  for (const [column, values] of columns(trends.outcomes)) {
    const bad = values.filter((went) => !went).length;
    const title = t('{0} of {1} failed', bad, values.length);
    const share = (40 * bad) / values.length;
    parts.push(bar('worked', column, errorsTop + 40 - 4, 4, title));
    if (bad > 0) parts.push(bar('failed', column, errorsTop + 40 - share, share, title));
  }

  const [depths, otherDepths] = chosen(trends.depths, model, (points) => points.at(-1)?.value !== 0);
  for (const [actor, points] of depths) {
    const depth = points[firstAfter(points, now) - 1]?.value ?? 0;
    const highest = Math.max(1, ...points.map(({ value }) => value));
    const top = row(model.name(actor), t('{0} waiting · at most {1}', depth, Math.max(0, ...points.map(({ value }) => value))), 32);
    parts.push(grid(left, right, top, 32), `<text class="axis" x="${right}" y="${top + 10}">${highest}</text>`, `<path class="depth" d="${steps(points, scale, x, (value) => round(top + 32 - (32 * value) / highest), top + 32)}"/>`);
  }

  for (let i = 0; i <= 4; i++) {
    const time = from + ((to - from) * i) / 4;
    parts.push(`<text class="tick" text-anchor="${i === 0 ? 'start' : i === 4 ? 'end' : 'middle'}" x="${x(time)}" y="${y + 10}">${new Date(time).toTimeString().slice(0, 8)}</text>`);
  }
  if (otherBreakers + otherDepths > 0) {
    parts.push(`<text class="figures" x="12" y="${y + 10}">${escape(t('Breakers: {0} more, queues: {1} more. The selected one is always shown.', otherBreakers, otherDepths))}</text>`);
  }
  if (model.position !== undefined) parts.push(`<line class="cursor" x1="${x(now)}" x2="${x(now)}" y1="0" y2="${y}"/>`);
  y += 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="trends" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="${escape(t('Breaker states, latency of writes, rate of errors and queue depth over time'))}">${parts.join('')}</svg>`;
}

/** As many lines as can be looked at: that of the selected actor, then what is in trouble; and how many others there are. */
function chosen<T>(lines: ReadonlyMap<string, readonly Point<T>[]>, { selected }: Model, troubled: (points: readonly Point<T>[]) => boolean): [lines: [string, readonly Point<T>[]][], others: number] {
  if (lines.size <= maxLines) return [[...lines], 0];
  const rank = ([actor, points]: [string, readonly Point<T>[]]): number => (actor === selected ? 2 : troubled(points) ? 1 : 0);
  const all = [...lines].sort((a, b) => rank(b) - rank(a));
  return [all.slice(0, maxLines), all.length - maxLines];
}

/** An area of steps; of steps on the same pixel the highest is drawn. */
function steps(points: readonly Point<number>[], { from, to }: Scale, x: (time: number) => number, y: (value: number) => number, bottom: number): string {
  const begin = Math.max(0, firstAfter(points, from) - 1);
  const end = firstAfter(points, to);
  let path = `M${x(from)} ${bottom}`;
  let pixel = -1;
  let top = bottom;
  let last = bottom;
  for (let i = begin; i < end; i++) {
    const { time, value } = points[i]!;
    const at = Math.round(x(time));
    if (at !== pixel && pixel >= 0) path += `H${pixel}V${top}V${last}`;
    top = at === pixel ? Math.min(top, y(value)) : y(value);
    last = y(value);
    pixel = at;
  }
  if (pixel >= 0) path += `H${pixel}V${top}V${last}`;
  return `${path}H${x(to)}V${bottom}z`;
}

const grid = (left: number, right: number, top: number, height: number): string => `<path class="grid" d="M${left} ${top}H${right}M${left} ${top + height}H${right}"/>`;
const round = (value: number): number => Math.round(value * 10) / 10;
const shorten = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most / 2)}…${text.slice(1 - most / 2)}` : text);
