/** A chart with places: what elkjs has worked out at build time, in pixels. */
export interface Layout {
  readonly machine: string;
  readonly width: number;
  readonly height: number;
  /** Outer states come before the states within them. */
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
  readonly initials: readonly PlacedInitial[];
}

export interface PlacedState {
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
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

/** Where a compound state begins: a dot, and an arrow from there to its first state. */
export interface PlacedInitial {
  /** The compound state. */
  readonly state: string;
  readonly x: number;
  readonly y: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Sizes of texts and boxes, in pixels; the renderer and the layout agree by them. */
export const metrics = {
  titleSize: 13,
  lineSize: 11,
  lineHeight: 16,
  titleHeight: 28,
  charWidth: 6.4,
  padding: 12,
  /** Diameter of the dot where a state begins. */
  initial: 9,
} as const;
