import { fill, svgNode } from './dom.ts';
import type { Model } from './model.ts';
import type { Point, Trends } from './trends.ts';

/** Segments that are drawn: more could not be told apart. */
const most = 400;

/** Under the slider of time: when the breaker was CLOSED, OPEN and HALF_OPEN, so that one sees where to scrub to. */
export function drawTrack(container: Element, model: Model, trends: Trends): void {
  const [actor, points] = lineOf(model, trends) ?? ['', []];
  const last = Math.max(1, model.steps.count - 1);
  fill(container, [model.forgotten, last, actor, points.length].join(), () => {
    const kept = points.slice(-most);
    const starts = kept.map(({ time }) => model.steps.of(model.indexAt(time)));
    const rects = kept.map(({ value }, index) => {
      const x = (1_000 * starts[index]!) / last;
      const end = (1_000 * (starts[index + 1] ?? last)) / last;
      return `<rect class="band ${value}" x="${x.toFixed(1)}" y="0" width="${Math.max(1, end - x).toFixed(1)}" height="4"/>`;
    });
    return [svgNode(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 4" preserveAspectRatio="none" width="100%" height="4" aria-hidden="true">${rects.join('')}</svg>`)];
  });
}

/** Of the selected breaker, else of the first one of the same service. */
function lineOf(model: Model, { breakers }: Trends): readonly [actor: string, points: readonly Point<string>[]] | undefined {
  const { selected } = model;
  if (selected === undefined) return undefined;
  const service = selected.slice(0, selected.lastIndexOf('/') + 1);
  const actor = breakers.has(selected) ? selected : [...breakers.keys()].find((each) => each.startsWith(service));
  return actor === undefined ? undefined : [actor, breakers.get(actor)!];
}
