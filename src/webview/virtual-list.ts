import { h } from './dom.ts';

/** A list of which only the rows in view exist, however long it is. The container has the focus, and names its current row. */
export class VirtualList {
  readonly container: HTMLElement;
  readonly #rowHeight: number;
  readonly #row: (index: number) => HTMLElement;
  readonly #space = h('div', { role: 'none' });
  readonly #rows = h('div', { class: 'rows', role: 'none' });
  #length = 0;
  #current = -1;
  /** Where it is scrolled to, and how high it is: kept, as to ask the page for them would lay it out anew each time. */
  #top = 0;
  #height = 0;

  /** @param rowHeight in pixels; the style sheet agrees */
  constructor(container: HTMLElement, rowHeight: number, row: (index: number) => HTMLElement) {
    this.container = container;
    this.#rowHeight = rowHeight;
    this.#row = row;
    container.append(this.#space, this.#rows);
    this.#height = container.clientHeight;
    container.addEventListener('scroll', () => {
      if (container.scrollTop === this.#top) return;
      this.#top = container.scrollTop;
      this.#draw();
    });
    new ResizeObserver(() => {
      // Hidden, which keeps its place; shown again, it has lost it.
      if (container.clientHeight === 0) return;
      const { atEnd } = this;
      this.#height = container.clientHeight;
      if (atEnd) this.#top = this.#end;
      container.scrollTop = this.#top;
      this.#draw();
    }).observe(container);
  }

  get length(): number {
    return this.#length;
  }

  get page(): number {
    return Math.max(1, Math.floor(this.#height / this.#rowHeight) - 1);
  }

  get atEnd(): boolean {
    return this.#top + this.#height >= (this.#length - 1) * this.#rowHeight;
  }

  /**
   * @param current the row that is chosen, or -1
   * @param toEnd the last row shall be in view
   */
  show(length: number, current: number, toEnd = false): void {
    if (length !== this.#length) this.#space.style.height = `${length * this.#rowHeight}px`;
    this.#length = length;
    this.#current = current;
    const top = toEnd ? this.#end : Math.min(this.#top, this.#end);
    if (top !== this.#top) this.#scrollTo(top);
    else this.#draw();
  }

  scrollToEnd(): void {
    this.#scrollTo(this.#end);
  }

  /** Where it is scrolled to when its last row is in view. */
  get #end(): number {
    return Math.max(0, this.#length * this.#rowHeight - this.#height);
  }

  /** Scrolls no more than it must. */
  reveal(index: number): void {
    const top = index * this.#rowHeight;
    if (top < this.#top) this.#scrollTo(top);
    else if (top + this.#rowHeight > this.#top + this.#height) this.#scrollTo(top + this.#rowHeight - this.#height);
  }

  #scrollTo(top: number): void {
    const wanted = Math.max(0, top);
    if (wanted === this.#top) return;
    this.#top = wanted;
    this.container.scrollTop = wanted;
    this.#draw();
  }

  #draw(): void {
    const first = Math.min(Math.floor(this.#top / this.#rowHeight), Math.max(0, this.#length - 1));
    const end = Math.min(this.#length, first + Math.ceil(this.#height / this.#rowHeight) + 1);
    const rows: HTMLElement[] = [];
    for (let index = first; index < end; index++) {
      const row = this.#row(index);
      row.id = `${this.container.id}-${index}`;
      row.setAttribute('aria-setsize', String(this.#length));
      row.setAttribute('aria-posinset', String(index + 1));
      row.setAttribute('aria-selected', String(index === this.#current));
      rows.push(row);
    }
    // No style attribute passes the CSP; it is set through the object model.
    this.#rows.style.transform = `translateY(${first * this.#rowHeight}px)`;
    this.#rows.replaceChildren(...rows);
    if (this.#current >= first && this.#current < end) this.container.setAttribute('aria-activedescendant', `${this.container.id}-${this.#current}`);
    else this.container.removeAttribute('aria-activedescendant');
  }
}
