import { escape } from '../inspect/chart-svg.ts';
import type { Model } from './model.ts';

const modes = ['CLOSED', 'HALF_OPEN', 'OPEN'] as const;

/** Breaker states, queue depth and failures over time, as SVG. */
export function bandsSvg(model: Model): string {
  const { records } = model;
  const first = records[0]?.time ?? 0;
  const last = Math.max(records.at(-1)?.time ?? 1, model.live ? Date.now() : 0, first + 1_000);
  const width = 1_000;
  const x = (time: number): number => Math.round(((time - first) / (last - first)) * (width - 170) * 10) / 10 + 160;
  const machines = new Map<string, string>();
  const bands = new Map<string, { time: number; mode: string }[]>();
  const depths = new Map<string, { time: number; depth: number }[]>();
  const failures: number[] = [];
  for (const record of records) {
    if (record.kind === 'actor') machines.set(record.actor, record.machine);
    const machine = machines.get(record.actor);
    if (machine === 'circuit-breaker' && record.kind !== 'stop' && record.states !== undefined) {
      const mode = modes.find((each) => record.states!.includes(`circuit-breaker.${each}`)) ?? 'CLOSED';
      const band = bands.get(record.actor) ?? [];
      if (band.at(-1)?.mode !== mode) band.push({ time: record.time, mode });
      bands.set(record.actor, band);
    }
    const waiting = machine !== 'write-queue' ? undefined : record.kind === 'actor' ? record.context['waiting'] : record.kind === 'event' ? record.changed?.['waiting'] : undefined;
    if (Array.isArray(waiting)) depths.set(record.actor, [...depths.get(record.actor) ?? [], { time: record.time, depth: waiting.length }]);
    if (record.kind === 'event' && (record.type === 'FAILURE' || record.type === 'ATTEMPT_FAILED')) failures.push(record.time);
  }
  const rows: string[] = [];
  let y = 8;
  const label = (text: string): void => void rows.push(`<text class="name" x="4" y="${y + 13}">${escape(text.length > 25 ? `…${text.slice(-24)}` : text)}</text>`);
  for (const [actor, band] of bands) {
    label(model.name(actor));
    band.forEach(({ time, mode }, index) => {
      const end = band[index + 1]?.time ?? last;
      rows.push(`<rect class="band ${mode}" x="${x(time)}" y="${y}" width="${Math.max(1, x(end) - x(time))}" height="18"><title>${mode}</title></rect>`);
    });
    y += 26;
  }
  for (const [actor, points] of depths) {
    label(model.name(actor));
    const most = Math.max(1, ...points.map(({ depth }) => depth));
    const height = (depth: number): number => y + 18 - (18 * depth) / most;
    const path = points.map(({ time, depth }, index) => `${index === 0 ? 'M' : 'H'}${x(time)}${index === 0 ? ` ${height(depth)}` : `V${height(depth)}`}`).join('');
    rows.push(`<path class="depth" d="${path}H${x(last)}"/>`);
    y += 26;
  }
  label('failures');
  for (const time of failures.slice(-2_000)) rows.push(`<line class="failure" x1="${x(time)}" x2="${x(time)}" y1="${y}" y2="${y + 18}"/>`);
  y += 26;
  if (model.position !== undefined) rows.push(`<line class="cursor" x1="${x(model.time())}" x2="${x(model.time())}" y1="0" y2="${y}"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="bands" viewBox="0 0 ${width} ${y}" width="100%" role="img" aria-label="Breaker states, queue depth and failures over time">${rows.join('')}</svg>`;
}
