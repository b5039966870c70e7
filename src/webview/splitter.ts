/** What is moved by one press of an arrow key, in pixels. */
const step = 16;

export interface Panes {
  /** The pane whose size is set. */
  readonly pane: HTMLElement;
  /** The pane that gives way. */
  readonly other: HTMLElement;
  /** Where the pane lies, as seen from the line. */
  readonly side: 'left' | 'bottom';
  /** The custom property of the page that holds the size; absent, the style sheet decides. */
  readonly property: string;
  /** Of the size: pixels, or a share as against the other pane, which has `1fr`. */
  readonly unit: 'px' | 'fr';
  /** Smallest sizes of the two, in pixels. */
  readonly least: readonly [pane: number, other: number];
}

/** A line between two panes that can be moved: dragged, or with the arrow keys, Home and End; a double click, or Enter, puts it back. */
export class Splitter {
  readonly #line: HTMLElement;
  readonly #panes: Panes;
  readonly #onMoved: () => void;

  constructor(line: HTMLElement, panes: Panes, onMoved: () => void) {
    this.#line = line;
    this.#panes = panes;
    this.#onMoved = onMoved;
    this.#listen();
  }

  /** What is set, for the next time; empty when nothing is. */
  get value(): string {
    return document.body.style.getPropertyValue(this.#panes.property);
  }

  set value(value: unknown) {
    const { property, unit } = this.#panes;
    if (typeof value === 'string' && /^\d+(\.\d+)?[a-z]+$/.test(value) && value.endsWith(unit)) document.body.style.setProperty(property, value);
  }

  /** @param size in pixels; `undefined`: as the style sheet has it */
  #resize(size: number | undefined): void {
    const { property, unit, least: [least, leastOther] } = this.#panes;
    if (size === undefined) document.body.style.removeProperty(property);
    else {
      const room = this.#room;
      const within = Math.round(Math.max(least, Math.min(size, room - leastOther)));
      this.value = unit === 'px' ? `${within}px` : `${(within / Math.max(1, room - within)).toFixed(3)}fr`;
    }
    this.describe();
  }

  /** Says where the line is, as a share of both panes. */
  describe(): void {
    this.#line.setAttribute('aria-valuenow', String(Math.round((100 * this.#now) / Math.max(1, this.#room))));
  }

  get #now(): number {
    return this.#measure(this.#panes.pane);
  }

  get #room(): number {
    return this.#now + this.#measure(this.#panes.other);
  }

  #measure(pane: HTMLElement): number {
    const { width, height } = pane.getBoundingClientRect();
    return this.#panes.side === 'left' ? width : height;
  }

  #listen(): void {
    const line = this.#line;
    const along = ({ clientX, clientY }: PointerEvent): number => (this.#panes.side === 'left' ? clientX : -clientY);
    let from: { readonly at: number; readonly size: number } | undefined;
    line.addEventListener('pointerdown', (event) => {
      from = { at: along(event), size: this.#now };
      line.setPointerCapture(event.pointerId);
    });
    line.addEventListener('pointermove', (event) => {
      if (from !== undefined) this.#resize(from.size + along(event) - from.at);
    });
    line.addEventListener('lostpointercapture', () => {
      from = undefined;
      this.#onMoved();
    });
    line.addEventListener('dblclick', () => this.#put(undefined));
    line.addEventListener('keydown', (event) => {
      const [more, less] = this.#panes.side === 'left' ? ['ArrowRight', 'ArrowLeft'] : ['ArrowUp', 'ArrowDown'];
      const sizes: Readonly<Record<string, number | undefined>> = { [more]: this.#now + step, [less]: this.#now - step, Home: 0, End: Infinity, Enter: undefined };
      if (!Object.hasOwn(sizes, event.key)) return;
      event.preventDefault();
      this.#put(sizes[event.key]);
    });
  }

  #put(size: number | undefined): void {
    this.#resize(size);
    this.#onMoved();
  }
}
