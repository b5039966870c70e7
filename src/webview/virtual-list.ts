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

  /** @param rowHeight in pixels; the style sheet agrees */
  constructor(container: HTMLElement, rowHeight: number, row: (index: number) => HTMLElement) {
    this.container = container;
    this.#rowHeight = rowHeight;
    this.#row = row;
    container.append(this.#space, this.#rows);
    container.addEventListener('scroll', () => this.#draw());
  }

  get length(): number {
    return this.#length;
  }

  get page(): number {
    return Math.max(1, Math.floor(this.container.clientHeight / this.#rowHeight) - 1);
  }

  get atEnd(): boolean {
    return this.container.scrollTop + this.container.clientHeight >= (this.#length - 1) * this.#rowHeight;
  }

  /** @param current the row that is chosen, or -1 */
  show(length: number, current: number): void {
    if (length !== this.#length) this.#space.style.height = `${length * this.#rowHeight}px`;
    this.#length = length;
    this.#current = current;
    this.#draw();
  }

  scrollToEnd(): void {
    this.container.scrollTop = this.container.scrollHeight;
  }

  /** Scrolls no more than it must. */
  reveal(index: number): void {
    const { scrollTop, clientHeight } = this.container;
    const top = index * this.#rowHeight;
    if (top < scrollTop) this.container.scrollTop = top;
    else if (top + this.#rowHeight > scrollTop + clientHeight) this.container.scrollTop = top + this.#rowHeight - clientHeight;
  }

  #draw(): void {
    const first = Math.min(Math.floor(this.container.scrollTop / this.#rowHeight), Math.max(0, this.#length - 1));
    const end = Math.min(this.#length, first + Math.ceil(this.container.clientHeight / this.#rowHeight) + 1);
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
