import { metrics, type Layout, type PlacedEdge, type PlacedInitial, type PlacedState, type StateLine } from './layout.ts';

/** What is lit in a chart. */
export interface Lit {
  /** Ids of the active states. */
  readonly active?: ReadonlySet<string>;
  /** Ids of the transitions that have just fired. */
  readonly fired?: ReadonlySet<string>;
}

/**
 * A statechart as SVG. Classes carry all the looks, and no attribute holds a style: under a strict CSP
 * the colours come from a style sheet, which follows the theme.
 */
export function chartSvg(layout: Layout, lit: Lit = {}): string {
  const margin = 6;
  const box = [-margin, -margin, layout.width + 2 * margin, layout.height + 2 * margin].join(' ');
  const last = [...layout.edges].sort((a, b) => Number(lit.fired?.has(a.id) ?? false) - Number(lit.fired?.has(b.id) ?? false));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="${box}" width="${layout.width + 2 * margin}" height="${layout.height + 2 * margin}" role="img" aria-label="${escape(chartName(layout, lit))}">`,
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto-start-reverse"><path class="arrow" d="M0 0L10 5L0 10z"/></marker>',
    '<marker id="arrow-lit" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" orient="auto-start-reverse"><path class="arrow lit" d="M0 0L10 5L0 10z"/></marker></defs>',
    ...layout.states.map((state) => stateSvg(state, lit)),
    ...layout.initials.map(initialSvg),
    ...last.map((edge) => edgeSvg(edge, lit.fired?.has(edge.id) ?? false)),
    ...last.map((edge) => labelSvg(edge, lit.fired?.has(edge.id) ?? false)),
    '</svg>',
  ].join('\n');
}

/** What a screen reader says: a picture has no parts for it. */
export function chartName({ machine, states, edges }: Layout, { active, fired }: Lit): string {
  const now = states.filter(({ id }) => active?.has(id) === true && id !== machine).map(({ id }) => id.slice(machine.length + 1));
  const last = edges.filter(({ id }) => fired?.has(id) === true).map(({ label }) => label.lines.join(' '));
  return [`Statechart of ${machine}`, ...(now.length === 0 ? [] : [`active: ${now.join(', ')}`]), ...(last.length === 0 ? [] : [`just fired: ${last.join(', ')}`])].join('; ');
}

function stateSvg(state: PlacedState, lit: Lit): string {
  const { x, y, width, height, key, type } = state;
  const active = lit.active?.has(state.id) ?? false;
  const classes = ['state', type, ...(active ? ['active'] : [])].join(' ');
  const parts = [
    `<g class="${classes}" data-state="${escape(state.id)}"><title>${escape(state.id)}${active ? ' (active)' : ''}</title>`,
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
  ];
  if (type === 'final') parts.push(`<rect class="inner" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="6"/>`);
  const isLeaf = type === 'atomic' || type === 'final';
  // In a box with nothing else in it, in the middle.
  const titleHeight = isLeaf && state.lines.length === 0 ? height : metrics.titleHeight;
  parts.push(`<text class="title" x="${x + metrics.padding}" y="${y + titleHeight / 2 + 4.5}">${escape(key)}</text>`);
  if (isLeaf && state.lines.length > 0) parts.push(`<path class="rule" d="M${x} ${y + metrics.titleHeight - 3}h${width}"/>`);
  state.lines.forEach((line, index) => {
    const fired = line.edge !== undefined && (lit.fired?.has(line.edge) ?? false);
    const at = y + metrics.titleHeight + index * metrics.lineHeight + 10;
    parts.push(`<text class="line ${line.kind}${fired ? ' lit' : ''}"${line.edge === undefined ? '' : ` data-edge="${escape(line.edge)}"`} x="${x + metrics.padding}" y="${at}">${lineSvg(line)}</text>`);
  });
  parts.push('</g>');
  return parts.join('');
}

/** `FAILURE [isCurrent] / countFailure → CLOSED`, each part as it is in the labels of arrows. */
function lineSvg({ kind, text }: StateLine): string {
  const [, event = '', guard = '', action = '', target = ''] = /^(.*?)( \[.*?\])?( \/ .*?)?( → .*)?$/.exec(text) ?? [];
  const part = (name: string, words: string): string => (words === '' ? '' : `<tspan class="${name}">${escape(words)}</tspan>`);
  return part(kind === 'transition' ? 'event' : 'kind', event) + part('guard', guard) + part('action', action) + part('target', target);
}

function edgeSvg({ id, points }: PlacedEdge, fired: boolean): string {
  return `<path class="edge${fired ? ' lit' : ''}" data-edge="${escape(id)}" d="${pathOf(points)}" marker-end="url(#arrow${fired ? '-lit' : ''})"/>`;
}

function initialSvg({ state, x, y, points }: PlacedInitial): string {
  return `<g class="begin" data-begin="${escape(state)}"><circle class="initial" cx="${x}" cy="${y}" r="${metrics.initial / 2}"/><path class="edge" d="${pathOf(points)}" marker-end="url(#arrow)"/></g>`;
}

function labelSvg({ id, label }: PlacedEdge, fired: boolean): string {
  const { x, y, width, height, lines } = label;
  const texts = lines.map((line, index) => (
    `<text class="${index === 0 ? 'event' : line.startsWith('[') ? 'guard' : 'action'}" x="${x + width / 2}" y="${y + 14 + index * 14}">${escape(line)}</text>`
  ));
  return `<g class="label${fired ? ' lit' : ''}" data-edge="${escape(id)}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>${texts.join('')}</g>`;
}

/** A line with rounded corners through all points. */
function pathOf(points: PlacedEdge['points']): string {
  const parts = [`M${points[0]!.join(' ')}`];
  for (let i = 1; i < points.length - 1; i++) {
    const corner = points[i]!;
    parts.push(`L${towards(corner, points[i - 1]!).join(' ')}`, `Q${corner.join(' ')} ${towards(corner, points[i + 1]!).join(' ')}`);
  }
  parts.push(`L${points.at(-1)!.join(' ')}`);
  return parts.join('');
}

/** The point up to 8 pixels from a corner on the way to another point. */
function towards([x, y]: readonly [number, number], [toX, toY]: readonly [number, number]): [number, number] {
  const distance = Math.hypot(toX - x, toY - y);
  const share = distance === 0 ? 0 : Math.min(8, distance / 2) / distance;
  return [Math.round((x + (toX - x) * share) * 10) / 10, Math.round((y + (toY - y) * share) * 10) / 10];
}

/** A text within SVG. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char]!);
}
