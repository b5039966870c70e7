/** Makes an element; texts are texts, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number | boolean | ((event: Event) => void) | undefined>> = {},
  ...children: readonly (Node | string | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

/** The first element that matches; the page's skeleton has it. */
export function find<T extends Element = HTMLElement>(selector: string): T {
  return document.querySelector<T>(selector)!;
}

/** `12:34:56.789` */
export function clock(time: number): string {
  const date = new Date(time);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** A length of time, in milliseconds, in words; in whole units when it need not be exact. */
export function duration(milliseconds: number, roughly = false): string {
  if (roughly && milliseconds < 60_000) return `${Math.floor(milliseconds / 1_000)} s`;
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return roughly ? `${minutes} min` : `${minutes} min ${Math.floor((milliseconds % 60_000) / 1_000)} s`;
}

/** SVG that was written by us, as a node. */
export function svgNode(text: string): Node {
  return document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
}

/** `breaker:file:///a/b/.vscode/settings.json` as `breaker · .vscode/settings.json`. */
export function shortName(name: string): string {
  const [, kind, file] = /^(breaker|queue):(.*)$/s.exec(name) ?? [];
  if (kind === undefined) return name;
  return `${kind} · ${file!.split('/').slice(-2).join('/')}`;
}

/** Addresses of files by the last two parts of them. */
export function shortPaths(text: string): string {
  return text.replace(/\bfile:\/\/[^"\s]*\/([^/"\s]+\/[^/"\s]+)/g, '…/$1');
}

const signatures = new WeakMap<Element, string>();

/** Fills a container anew only when what it shows has changed: a button that is replaced while it is pressed loses the click. */
export function fill(container: Element, signature: string, children: () => readonly Node[]): void {
  if (signatures.get(container) === signature) return;
  signatures.set(container, signature);
  container.replaceChildren(...children());
}
