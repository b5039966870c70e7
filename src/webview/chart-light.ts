import { chartName, type Lit } from '../inspect/chart-svg.ts';
import type { Layout } from '../inspect/layout.ts';

/** Lights other states and transitions of a chart that is drawn already, so that it changes and does not flicker. */
export function light(svg: SVGSVGElement, layout: Layout, lit: Lit): void {
  svg.setAttribute('aria-label', chartName(layout, lit));
  for (const state of svg.querySelectorAll<SVGGElement>('.state')) {
    const id = state.dataset['state']!;
    const active = lit.active?.has(id) ?? false;
    if (state.classList.contains('active') === active) continue;
    state.classList.toggle('active', active);
    state.querySelector('title')!.textContent = `${id}${active ? ' (active)' : ''}`;
  }
  for (const part of svg.querySelectorAll<SVGElement>('[data-edge]')) {
    const fired = lit.fired?.has(part.dataset['edge']!) ?? false;
    if (part.classList.contains('lit') === fired) continue;
    part.classList.toggle('lit', fired);
    if (!part.classList.contains('edge')) continue;
    part.setAttribute('marker-end', `url(#arrow${fired ? '-lit' : ''})`);
    // What is lit lies over what is not.
    if (fired) svg.insertBefore(part, svg.querySelector('.label'));
  }
}
