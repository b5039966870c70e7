import { chartSvg } from '../inspect/chart-svg.ts';
import type { ActorState } from '../inspect/history.ts';
import type { Layout } from '../inspect/layout.ts';
import { duration } from './dom.ts';

/** The statechart of one actor: zoom with the wheel or + and -, pan by dragging or the arrow keys, fit with 0. */
export class ChartView {
  readonly #container: HTMLElement;
  readonly #layouts: Readonly<Record<string, Layout>>;
  #shown = '';
  #machine = '';
  #box = { x: 0, y: 0, width: 1, height: 1 };

  constructor(container: HTMLElement, layouts: Readonly<Record<string, Layout>>) {
    this.#container = container;
    this.#layouts = layouts;
    this.#listen();
  }

  show(state: ActorState | undefined): void {
    const layout = state === undefined ? undefined : this.#layouts[state.machine];
    if (state === undefined || layout === undefined) {
      this.#container.textContent = state === undefined ? 'No actor is selected.' : `There is no chart of ${state.machine}.`;
      this.#shown = this.#machine = '';
      return;
    }
    const signature = [state.machine, state.states.join(), state.fired.join()].join('|');
    if (signature !== this.#shown) {
      this.#shown = signature;
      const svg = chartSvg(layout, { active: new Set(state.states), fired: new Set(state.fired) });
      this.#container.replaceChildren(document.importNode(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement, true));
      if (this.#machine !== state.machine) {
        this.#machine = state.machine;
        this.fit();
      } else {
        this.#apply();
      }
    }
  }

  /** Writes the time that is left on running delays. */
  tick(state: ActorState | undefined, now: number): void {
    const svg = this.#svg;
    if (svg === undefined || state === undefined) return;
    for (const label of svg.querySelectorAll<SVGGElement>('.label')) {
      const [source, event] = label.dataset['edge']!.split('|');
      const delay = /^xstate\.after\.([^.]+)\./.exec(event!)?.[1];
      const text = label.querySelector('.event');
      if (delay === undefined || text === null) continue;
      const length = delayOf(state, delay);
      const entered = state.entered[source!];
      const left = length === undefined || entered === undefined ? undefined : entered + length - now;
      text.textContent = left === undefined || left < 0 ? `after ${delay}${length === undefined ? '' : ` = ${duration(length)}`}` : `after ${delay}: ${duration(left)} left`;
      label.classList.toggle('running', left !== undefined && left >= 0);
    }
  }

  fit(): void {
    const layout = this.#layouts[this.#machine];
    if (layout === undefined) return;
    this.#box = { x: -6, y: -6, width: layout.width + 12, height: layout.height + 12 };
    this.#apply();
  }

  zoom(factor: number, at = { x: 0.5, y: 0.5 }): void {
    const { x, y, width, height } = this.#box;
    this.#box = { x: x + width * at.x * (1 - factor), y: y + height * at.y * (1 - factor), width: width * factor, height: height * factor };
    this.#apply();
  }

  #pan(dx: number, dy: number): void {
    this.#box = { ...this.#box, x: this.#box.x + dx * this.#box.width, y: this.#box.y + dy * this.#box.height };
    this.#apply();
  }

  get #svg(): SVGSVGElement | undefined {
    return this.#container.querySelector('svg') ?? undefined;
  }

  #apply(): void {
    const { x, y, width, height } = this.#box;
    this.#svg?.setAttribute('viewBox', `${x} ${y} ${width} ${height}`);
    this.#svg?.setAttribute('width', '100%');
    this.#svg?.setAttribute('height', '100%');
  }

  #listen(): void {
    this.#container.addEventListener('wheel', (event) => {
      event.preventDefault();
      const { left, top, width, height } = this.#container.getBoundingClientRect();
      this.zoom(event.deltaY > 0 ? 1.1 : 1 / 1.1, { x: (event.clientX - left) / width, y: (event.clientY - top) / height });
    }, { passive: false });
    this.#container.addEventListener('pointermove', (event) => {
      if (event.buttons !== 1) return;
      this.#pan(-event.movementX / this.#container.clientWidth, -event.movementY / this.#container.clientHeight);
    });
    this.#container.addEventListener('keydown', (event) => {
      const act: Record<string, () => void> = {
        '+': () => this.zoom(1 / 1.2), '=': () => this.zoom(1 / 1.2), '-': () => this.zoom(1.2), '0': () => this.fit(),
        'ArrowLeft': () => this.#pan(-0.1, 0), 'ArrowRight': () => this.#pan(0.1, 0), 'ArrowUp': () => this.#pan(0, -0.1), 'ArrowDown': () => this.#pan(0, 0.1),
      };
      const run = act[event.key];
      if (run === undefined) return;
      event.preventDefault();
      run();
    });
  }
}

/** Delays are named as the members of the context that hold them, in milliseconds. */
function delayOf({ context }: ActorState, name: string): number | undefined {
  const restored = name === 'openFor' ? (context['restore'] as { remaining?: number } | null | undefined)?.remaining : undefined;
  const value = restored ?? context[name === 'backoff' ? 'delay' : name];
  return typeof value === 'number' ? value : undefined;
}
