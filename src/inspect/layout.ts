/** A chart with places: what elkjs has worked out at build time, in pixels. */
export interface Layout {
  readonly machine: string;
  readonly width: number;
  readonly height: number;
  /** Outer states come before the states within them. */
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
}

export interface PlacedState {
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly initial: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly StateLine[];
}

/** One line in a state's box: an action, or a transition that has no arrow of its own. */
export interface StateLine {
  readonly kind: 'entry' | 'exit' | 'invoke' | 'transition';
  readonly text: string;
  /** Transitions only. */
  readonly edge?: string;
}

export interface PlacedEdge {
  readonly id: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly label: { readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly lines: readonly string[] };
}

/** Sizes of texts and boxes, in pixels; the renderer and the layout agree by them. */
export const metrics = {
  titleSize: 13,
  lineSize: 11,
  lineHeight: 16,
  titleHeight: 28,
  charWidth: 6.4,
  padding: 12,
} as const;
