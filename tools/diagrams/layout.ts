import { createRequire } from 'node:module';
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Chart, ChartEdge, ChartState } from '../../src/inspect/chart.ts';
import { metrics, type Layout, type PlacedEdge, type PlacedInitial, type PlacedState, type StateLine } from '../../src/inspect/layout.ts';

interface Elk {
  layout(graph: ElkNode): Promise<ElkNode>;
}
const Elk = createRequire(import.meta.url)('elkjs') as new () => Elk;

/** Set on every compound node: elkjs does not hand them down. */
const options = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.spacing.nodeNodeBetweenLayers': '24',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '14',
  'elk.layered.cycleBreaking.strategy': 'GREEDY',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
};

/** What the inspector writes in place of `after <delay>` while the delay runs. */
const countdown = (event: string): string => event.replace(/^after (.*)$/, '$1: 59.9 s left');

/** Works out where everything of a chart goes. */
export async function layoutOf(chart: Chart): Promise<Layout> {
  const distance = distances(chart);
  const isLine = (edge: ChartEdge): boolean => isInward(edge) || isDetour(chart, edge);
  const drawn = chart.edges.filter((edge) => !isLine(edge));
  const inward = chart.edges.filter(isLine);

  const toNode = (state: ChartState): ElkNode => {
    const lines = linesOf(state, inward);
    const width = Math.max(1.15 * textWidth(state.key, metrics.titleSize), ...lines.map(({ text }) => textWidth(text, metrics.lineSize))) + 2 * metrics.padding;
    const height = metrics.titleHeight + lines.length * metrics.lineHeight + (lines.length > 0 ? 6 : 0);
    if (state.children.length === 0) return { id: state.id, width: Math.max(width, 90), height: Math.max(height, 34) };
    return {
      id: state.id,
      children: [...(firstOf(state) === undefined ? [] : [{ id: dotOf(state), width: metrics.initial, height: metrics.initial }]), ...state.children.map(toNode)],
      layoutOptions: {
        ...options,
        ...(state.type === 'parallel' ? { 'elk.direction': 'DOWN' } : {}),
        'elk.padding': `[top=${height + 14},left=18,bottom=18,right=18]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${width}, ${height})`,
      },
    };
  };

  const edges: ElkExtendedEdge[] = drawn.map((edge) => {
    const lines = labelOf(edge);
    const forward = (distance.get(edge.target!) ?? 0) > (distance.get(edge.source) ?? 0);
    return {
      id: edge.id,
      sources: [edge.source],
      targets: [edge.target!],
      labels: [{ text: lines.join('\n'), width: Math.max(...lines.map((line, index) => textWidth(countdown(line), metrics.lineSize) * (index === 0 ? bold : 1))) + 16, height: lines.length * 14 + 6, layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' } }],
      layoutOptions: { 'elk.layered.priority.direction': forward ? (edge.event === 'always' && edge.guard === undefined ? '20' : '10') : '1' },
    };
  });

  const beginnings: ElkExtendedEdge[] = all(chart.root).flatMap((state) => {
    const first = firstOf(state);
    return first === undefined ? [] : [{ id: dotOf(state), sources: [dotOf(state)], targets: [first.id], layoutOptions: { 'elk.layered.priority.direction': '30', 'elk.layered.priority.straightness': '10' } }];
  });

  const laidOut = await new Elk().layout({ id: 'page', layoutOptions: options, children: [toNode(chart.root)], edges: [...edges, ...beginnings] });
  return {
    machine: chart.machine,
    width: round(laidOut.width!),
    height: round(laidOut.height!),
    states: placedStates(chart, laidOut, inward),
    edges: placedEdges(drawn, laidOut),
    initials: placedInitials(chart, laidOut),
  };
}

/** A transition into the state itself or a state within it is a line in the box, not an arrow. */
function isInward({ source, target }: ChartEdge): boolean {
  return target === source || target!.startsWith(`${source}.`);
}

/**
 * The first state of a machine that is passed through at once, as what was before a restart decides: where else it may
 * lead is a line in its box. Arrows for what happens once, and is never seen, would hide those that matter.
 */
function isDetour({ root, edges }: Chart, { source, event, guard }: ChartEdge): boolean {
  const first = root.children.find(({ initial }) => initial);
  return source === first?.id && event === 'always' && guard !== undefined && edges.some((other) => other.source === source && other.event === 'always' && other.guard === undefined);
}

function linesOf(state: ChartState, inward: readonly ChartEdge[]): StateLine[] {
  const short = (id: string): string => id.split('.').slice(1).join('.') || id;
  return [
    ...state.entry.map((text) => ({ kind: 'entry' as const, text: `entry / ${text}` })),
    ...state.exit.map((text) => ({ kind: 'exit' as const, text: `exit / ${text}` })),
    ...state.invoke.map((text) => ({ kind: 'invoke' as const, text: `invoke / ${text}` })),
    ...state.internal.map((edge) => ({ kind: 'transition' as const, text: labelOf(edge).join(' '), edge: edge.id })),
    ...inward.filter(({ source }) => source === state.id).map((edge) => (
      { kind: 'transition' as const, text: `${labelOf(edge).join(' ')} → ${short(edge.target!)}`, edge: edge.id }
    )),
  ];
}

function labelOf({ event, guard, actions }: ChartEdge): string[] {
  const lines = [event];
  if (guard !== undefined) lines.push(`[${guard}]`);
  if (actions.length > 0) lines.push(`/ ${actions.join(', ')}`);
  return lines;
}

function placedStates(chart: Chart, page: ElkNode, inward: readonly ChartEdge[]): PlacedState[] {
  const placed: PlacedState[] = [];
  const walk = (state: ChartState, node: ElkNode, x: number, y: number): void => {
    const at = { x: x + node.x!, y: y + node.y! };
    const { id, key, type } = state;
    placed.push({ id, key, type, x: round(at.x), y: round(at.y), width: round(node.width!), height: round(node.height!), lines: linesOf(state, inward) });
    for (const child of state.children) walk(child, node.children!.find((each) => each.id === child.id)!, at.x, at.y);
  };
  walk(chart.root, page.children![0]!, 0, 0);
  return placed;
}

function placedEdges(drawn: readonly ChartEdge[], page: ElkNode): PlacedEdge[] {
  const edges = edgesOf(page);
  return drawn.map((edge) => {
    const { origin, points, labels } = edges.get(edge.id)!;
    const label = labels![0]!;
    return {
      id: edge.id,
      points,
      label: { x: round(label.x! + origin.x), y: round(label.y! + origin.y), width: round(label.width!), height: round(label.height!), lines: labelOf(edge) },
    };
  });
}

function placedInitials(chart: Chart, page: ElkNode): PlacedInitial[] {
  const edges = edgesOf(page);
  const middle = metrics.initial / 2;
  return all(chart.root).filter((state) => firstOf(state) !== undefined).map((state) => {
    const { points } = edges.get(dotOf(state))!;
    const [x, y] = points[0]!;
    // It leaves the dot on the right.
    return { state: state.id, x: round(x - middle), y, points };
  });
}

interface FoundEdge extends ElkExtendedEdge {
  readonly origin: { readonly x: number; readonly y: number };
  readonly points: readonly (readonly [x: number, y: number])[];
}

function edgesOf(page: ElkNode): Map<string, FoundEdge> {
  // The points of an edge are relative to its container, the lowest state around both its ends.
  const origins = new Map<string, { x: number; y: number }>();
  const walk = (node: ElkNode, x: number, y: number): void => {
    const at = { x: x + (node.x ?? 0), y: y + (node.y ?? 0) };
    origins.set(node.id, at);
    for (const child of node.children ?? []) walk(child, at.x, at.y);
  };
  walk(page, 0, 0);
  return new Map(((page.edges ?? []) as (ElkExtendedEdge & { container?: string })[]).map((edge) => {
    const origin = origins.get(edge.container ?? 'page')!;
    const [section] = edge.sections!;
    const points = [section!.startPoint, ...section!.bendPoints ?? [], section!.endPoint];
    return [edge.id, { ...edge, origin, points: points.map(({ x, y }) => [round(x + origin.x), round(y + origin.y)] as const) }];
  }));
}

const all = (state: ChartState): ChartState[] => [state, ...state.children.flatMap(all)];
/** The state that a compound state begins in. */
const firstOf = ({ type, children }: ChartState): ChartState | undefined => (type === 'parallel' ? undefined : children.find(({ initial }) => initial));
const dotOf = ({ id }: ChartState): string => `${id} begins`;

/** How many transitions lie between the initial state and each other one: arrows away from it point down. */
function distances({ root, edges }: Chart): Map<string, number> {
  const distance = new Map<string, number>();
  const enter = (state: ChartState, steps: number): void => {
    if ((distance.get(state.id) ?? Infinity) <= steps) return;
    distance.set(state.id, steps);
    for (const child of state.children) if (child.initial || state.type === 'parallel') enter(child, steps);
    for (const edge of edges) {
      const target = edge.source === state.id && edge.target !== undefined ? find(root, edge.target) : undefined;
      // What a guard alone decides, without an event, is the exception, such as what was before a restart.
      const far = edge.event === 'always' && edge.guard !== undefined ? 10 : 1;
      if (target !== undefined) enter(target, steps + far);
    }
  };
  enter(root, 0);
  return distance;
}

function find(state: ChartState, id: string): ChartState | undefined {
  if (state.id === id) return state;
  for (const child of state.children) {
    const found = find(child, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How much wider bold letters are. */
const bold = 1.06;
/** Capitals are wider. */
const textWidth = (text: string, size: number): number => (
  Array.from(text).reduce((width, char) => width + (/[A-Z_]/.test(char) ? 1.22 : 1) * metrics.charWidth, 0) * (size / metrics.lineSize)
);
const round = (value: number): number => Math.round(value * 10) / 10;
