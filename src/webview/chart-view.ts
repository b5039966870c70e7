import { chartSvg } from '../inspect/chart-svg.ts';
import type { ActorState } from '../inspect/history.ts';
import type { Layout } from '../inspect/layout.ts';
import { light } from './chart-light.ts';
import { h, svgNode } from './dom.ts';
import { t } from './texts.ts';

/** The smallest scale at which the chart's texts can be read. */
const readable = 0.85;
/** How long it takes to move to what has become active, in milliseconds. */
const glideFor = 300;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Said by the system, or by VS Code's own setting. */
const wantsNoMotion = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches || document.body.classList.contains('vscode-reduce-motion');

/** The statechart of one actor: zoom with the wheel or + and -, pan by dragging or the arrow keys, fit with 0. */
export class ChartView {
  readonly #container: HTMLElement;
  readonly #layouts: Readonly<Record<string, Layout>>;
  readonly #followButton: HTMLElement;
  /** Keeps what is active in view, at a size that can be read, until someone zooms or pans. */
  #following = true;
  #shown = '';
  #machine = '';
  #box: Box = { x: 0, y: 0, width: 1, height: 1 };
  /** Where the picture is on its way to `#box`. */
  #seen: Box | undefined;
  #moving = 0;

  constructor(container: HTMLElement, layouts: Readonly<Record<string, Layout>>, followButton: HTMLElement) {
    this.#container = container;
    this.#layouts = layouts;
    this.#followButton = followButton;
    this.#listen();
  }

  show(state: ActorState | undefined): void {
    const layout = state === undefined ? undefined : this.#layouts[state.machine];
    if (state === undefined || layout === undefined) {
      const text = state === undefined ? t('No actor is selected.') : t('There is no chart of {0}.', state.machine);
      if (this.#container.textContent !== text) this.#container.replaceChildren(h('p', { class: 'empty' }, text));
      this.#shown = this.#machine = '';
      return;
    }
    const signature = [state.machine, state.states.join(), state.fired.join()].join('|');
    if (signature !== this.#shown) {
      this.#shown = signature;
      const lit = { active: new Set(state.states), fired: new Set(state.fired) };
      const another = this.#machine !== state.machine;
      this.#machine = state.machine;
      if (another || this.#svg === undefined) this.#container.replaceChildren(svgNode(chartSvg(layout, lit)));
      else light(this.#svg, layout, lit);
      if (another) this.#seen = undefined;
      if (this.#following) this.#follow(state, layout);
      else if (another) this.fit();
      else this.#apply();
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
      text.textContent = left !== undefined && left >= 0 ? t('{0}: {1} s left', delay, seconds(left)) : `after ${delay}${length === undefined ? '' : `: ${Number((length / 1_000).toFixed(2))} s`}`;
      label.classList.toggle('running', left !== undefined && left >= 0);
    }
  }

  /** Follows what is active from now on, or no more. */
  follow(following: boolean): void {
    this.#following = following;
    this.#followButton.setAttribute('aria-pressed', String(following));
    this.#shown = '';
  }

  /** Draws it anew with the next `show`: its place on the page has changed. */
  refresh(): void {
    this.#shown = '';
  }

  /** The whole chart when it can be read so; else its active states, and the transitions that have just fired. */
  #follow(state: ActorState, layout: Layout): void {
    const { clientWidth, clientHeight } = this.#container;
    const scale = Math.min(clientWidth / (layout.width + 12), clientHeight / (layout.height + 12));
    if (scale >= readable || clientWidth === 0) {
      this.#box = { x: -6, y: -6, width: layout.width + 12, height: layout.height + 12 };
      this.#glide();
      return;
    }
    const innermost = layout.states.filter(({ id }) => state.states.includes(id) && !state.states.some((other) => other.startsWith(`${id}.`)));
    const labels = layout.edges.filter(({ id }) => state.fired.includes(id)).map(({ label }) => label);
    const sources = layout.states.filter(({ id }) => state.fired.some((fired) => fired.startsWith(`${id}|`)));
    const fits = ({ width, height }: Bounds): number => Math.min(readable, clientWidth / (width + 60), clientHeight / (height + 60));
    // What has fired, and where it began, may be too far away to be seen together with where it led.
    const bounds = [[...innermost, ...labels, ...sources], [...innermost, ...labels]].map(boundsOf).find((each) => fits(each) >= readable * 0.7) ?? boundsOf(innermost);
    const factor = fits(bounds);
    const { left, right, top, bottom } = bounds;
    const width = clientWidth / factor;
    const height = clientHeight / factor;
    const within = (middle: number, size: number, whole: number): number => (size >= whole ? (whole - size) / 2 : Math.min(Math.max(middle - size / 2, -6), whole - size + 6));
    this.#box = { x: within((left + right) / 2, width, layout.width), y: within((top + bottom) / 2, height, layout.height), width, height };
    this.#glide();
  }

  fit(): void {
    this.follow(false);
    const layout = this.#layouts[this.#machine];
    if (layout === undefined) return;
    this.#box = { x: -6, y: -6, width: layout.width + 12, height: layout.height + 12 };
    this.#apply();
  }

  zoom(factor: number, at = { x: 0.5, y: 0.5 }): void {
    this.follow(false);
    const { x, y, width, height } = this.#box;
    this.#box = { x: x + width * at.x * (1 - factor), y: y + height * at.y * (1 - factor), width: width * factor, height: height * factor };
    this.#apply();
  }

  #pan(dx: number, dy: number): void {
    this.follow(false);
    this.#box = { ...this.#box, x: this.#box.x + dx * this.#box.width, y: this.#box.y + dy * this.#box.height };
    this.#apply();
  }

  get #svg(): SVGSVGElement | undefined {
    return this.#container.querySelector('svg') ?? undefined;
  }

  #apply(): void {
    cancelAnimationFrame(this.#moving);
    this.#draw(this.#box);
  }

  /** Moves there within a moment, so that the eye can follow; at once for whoever wants no motion. */
  #glide(): void {
    cancelAnimationFrame(this.#moving);
    const [from, to] = [this.#seen, this.#box];
    if (from === undefined || wantsNoMotion()) {
      this.#draw(to);
      return;
    }
    const started = performance.now();
    const step = (): void => {
      const share = Math.min(1, (performance.now() - started) / glideFor);
      const eased = 1 - (1 - share) ** 3;
      const between = (a: number, b: number): number => a + (b - a) * eased;
      this.#draw({ x: between(from.x, to.x), y: between(from.y, to.y), width: between(from.width, to.width), height: between(from.height, to.height) });
      if (share < 1) this.#moving = requestAnimationFrame(step);
    };
    step();
  }

  #draw(box: Box): void {
    this.#seen = box;
    const svg = this.#svg;
    svg?.setAttribute('viewBox', `${box.x} ${box.y} ${box.width} ${box.height}`);
    svg?.setAttribute('width', '100%');
    svg?.setAttribute('height', '100%');
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

const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(milliseconds < 100_000 ? 1 : 0);

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

function boundsOf(boxes: readonly Box[]): Bounds {
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  return { left, top, right, bottom, width: right - left, height: bottom - top };
}

/** Delays are named as the members of the context that hold them, in milliseconds. */
function delayOf({ context }: ActorState, name: string): number | undefined {
  const restored = name === 'openFor' ? (context['restore'] as { remaining?: number } | null | undefined)?.remaining : undefined;
  const value = restored ?? context[name === 'backoff' ? 'delay' : name];
  return typeof value === 'number' ? value : undefined;
}
