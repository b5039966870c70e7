import { show } from './scenario.ts';
import type { Series } from './curve.ts';

const width = 420;
const height = 300;
const margin = { left: 62, right: 16, top: 40, bottom: 46 };
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

/**
 * Draws curves as SVG, on two logarithmic axes: a straight line of slope one is linear growth, and the dotted lines
 * are just that. One panel for each unit.
 */
export function plot(title: string, of: string, sizes: readonly number[], series: readonly Series[]): string {
  const units = [...new Set(series.map(({ unit }) => unit))];
  const panels = units.map((unit, i) => panel(of, sizes, series.filter((each) => each.unit === unit), unit, i * width));
  const whole = units.length * width;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${height + 20}" width="${whole}" height="${height + 20}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 11px system-ui, sans-serif; fill: #444 }
.title { font-size: 14px; font-weight: 600 }
.grid { stroke: #8884; stroke-width: 1 }
.linear { stroke: #888; stroke-width: 1; stroke-dasharray: 2 4 }
.curve { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #bbb } }
</style>
<text class="title" x="${margin.left}" y="18">${escaped(title)}</text>
${panels.join('\n')}
</svg>
`;
}

function panel(of: string, sizes: readonly number[], series: readonly Series[], unit: string, left: number): string {
  const all = series.flatMap(({ values }) => values).map((value) => Math.max(value, 1e-4));
  const x = axis(sizes[0]!, sizes.at(-1)!, margin.left, width - margin.right, false);
  const y = axis(Math.min(...all), Math.max(...all), height - margin.bottom + 20, margin.top, true);
  const parts: string[] = [];
  for (const power of x.powers) {
    parts.push(`<line class="grid" x1="${x.at(power)}" x2="${x.at(power)}" y1="${margin.top}" y2="${y.from}"/>`);
    parts.push(`<text x="${x.at(power)}" y="${y.from + 16}" text-anchor="middle">${power.toLocaleString('en-US')}</text>`);
  }
  for (const power of y.powers) {
    parts.push(`<line class="grid" x1="${margin.left}" x2="${x.to}" y1="${y.at(power)}" y2="${y.at(power)}"/>`);
    parts.push(`<text x="${margin.left - 6}" y="${y.at(power) + 4}" text-anchor="end">${power >= 1 ? power.toLocaleString('en-US') : String(power)}</text>`);
  }
  parts.push(`<text x="${(x.from + x.to) / 2}" y="${y.from + 34}" text-anchor="middle">${escaped(of)}</text>`);
  parts.push(`<text x="14" y="${(y.from + y.to) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(y.from + y.to) / 2})">${unit}</text>`);
  series.forEach(({ name, values, expected }, i) => {
    const colour = colours[i % colours.length]!;
    const points = values.map((value, index) => [x.at(sizes[index]!), y.at(Math.max(value, 1e-4))] as const);
    if (expected === 'linear') {
      // Through the last point, downwards until it leaves the panel.
      const last = sizes.at(-1)!;
      const end = Math.max(values.at(-1)!, 1e-4);
      const begin = Math.max(sizes[0]!, (last * y.least) / end);
      parts.push(`<line class="linear" x1="${x.at(begin)}" y1="${y.at((end * begin) / last)}" x2="${x.at(last)}" y2="${y.at(end)}"/>`);
    }
    parts.push(`<polyline class="curve" stroke="${colour}" points="${points.map((point) => point.map((each) => each.toFixed(1)).join(',')).join(' ')}"/>`);
    for (const [cx, cy] of points) parts.push(`<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="2.5" fill="${colour}"/>`);
    parts.push(`<circle cx="${margin.left + 10}" cy="${margin.top + 10 + i * 15}" r="3.5" fill="${colour}"/>`);
    parts.push(`<text x="${margin.left + 18}" y="${margin.top + 14 + i * 15}">${escaped(name)}: ${show(values.at(-1)!)} ${unit}</text>`);
  });
  return `<g transform="translate(${left} 0)">\n${parts.join('\n')}\n</g>`;
}

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly least: number;
  readonly powers: readonly number[];
  at(value: number): number;
}

/** @param whole end at a power of ten */
function axis(least: number, most: number, from: number, to: number, whole: boolean): Axis {
  const low = whole ? Math.floor(Math.log10(least)) : Math.log10(least);
  const high = Math.max(whole ? Math.ceil(Math.log10(most)) : Math.log10(most), low + 1);
  const powers: number[] = [];
  for (let power = Math.ceil(low); power <= high; power++) powers.push(Number(`1e${power}`));
  return {
    from,
    to,
    least: 10 ** low,
    powers,
    at: (value) => Number((from + ((Math.log10(value) - low) / (high - low)) * (to - from)).toFixed(1)),
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
