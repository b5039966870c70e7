import { openInspectorPage } from '../tools/inspector-page.ts';
import { actors, synthetic } from './inspector-records.ts';
import type { Row } from './scenario.ts';

/** A page that draws 30 times a second moves without a stumble, in milliseconds. */
export const smooth = 34;

const records = 100_000;
/** How long each thing is done, in milliseconds. */
const length = 3_000;

/** Run in the page: `frames` does something before each frame, and says how long each frame took. */
const hands = `
  const source = (${synthetic.toString()})(Date.now() - ${records});
  const take = (count) => Array.from({ length: count }, () => source.next().value);
  const find = (selector) => document.querySelector(selector);
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  window.start = async () => {
    const started = performance.now();
    postMessage({ type: 'start', base: [], records: take(${records}), live: true, title: 'Bench' }, '*');
    while (find('#log [aria-setsize="${records}"]') === null) await frame();
    return performance.now() - started;
  };
  window.frames = async (work) => {
    const times = [];
    await frame();
    const began = performance.now();
    for (let last = began, count = 0; last - began < ${length}; count++) {
      work(count);
      await frame();
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times;
  };
  window.streaming = async (work) => {
    const timer = setInterval(() => postMessage({ type: 'records', records: take(100) }, '*'), 50);
    const times = await frames(work);
    clearInterval(timer);
    return times;
  };
  const type = (id, text) => { find(id).value = text; find(id).dispatchEvent(new Event('input')); };
  const bounce = (selector, step) => (count) => { const list = find(selector); list.scrollTop = (count * step) % (list.scrollHeight - list.clientHeight); };
  window.work = {
    nothing: () => {},
    scrollLog: bounce('#log', 900),
    scrollTree: bounce('#tree', 300),
    scrub: (count) => type('#slider', (count * 7_919) % ${records}),
    filter: (count) => { if (count % 30 === 0) type('#filter', ['open', 'streak', 'actor 7', 'failure', ''][count / 30 % 5]); },
  };
`;

const things: readonly (readonly [what: string, script: string])[] = [
  ['nothing but the clock', 'frames(work.nothing)'],
  ['the log scrolls by 41 rows a frame', 'frames(work.scrollLog)'],
  ['the tree of actors scrolls', 'frames(work.scrollTree)'],
  ['2,000 events a second arrive', 'streaming(work.nothing)'],
  ['2,000 events a second arrive, and the log scrolls', 'streaming(work.scrollLog)'],
  ['2,000 events a second arrive, charts over time', `(document.querySelector('#charts-tab').click(), streaming(work.nothing))`],
  ['another moment each frame', `(document.querySelector('#log-tab').click(), frames(work.scrub))`],
  ['another filter twice a second', `(document.querySelector('#live').click(), frames(work.filter))`],
];

export interface Frames {
  /** From the arrival of all records until all are listed, in milliseconds. */
  readonly shown: number;
  readonly rows: readonly Row[];
  /** The frame in the middle, in milliseconds. */
  readonly smoothness: readonly { readonly what: string; readonly median: number }[];
}

/** Uses the inspector's page with 1,000 actors and 100,000 records as a person would. */
export async function measurePage(): Promise<Frames> {
  const { page, close } = await openInspectorPage();
  try {
    await page.evaluate(hands);
    const shown = await page.evaluate<number>('start()');
    const rows: Row[] = [];
    const smoothness: { what: string; median: number }[] = [];
    for (const [what, script] of things) {
      const times = (await page.evaluate<number[]>(script)).sort((a, b) => a - b);
      const at = (share: number): number => times[Math.max(0, Math.ceil(share * times.length) - 1)]!;
      rows.push({ name: what, more: { 'median, ms': at(0.5).toFixed(1), 'p95, ms': at(0.95).toFixed(1), 'p99, ms': at(0.99).toFixed(1), 'longest, ms': at(1).toFixed(1) } });
      smoothness.push({ what, median: at(0.5) });
    }
    const seen = await page.evaluate<number>(`Number(document.querySelector('#tree [role=treeitem]').getAttribute('aria-setsize'))`);
    if (seen !== actors) throw new Error(`The tree lists ${seen} actors, and not ${actors}.`);
    return { shown, rows, smoothness };
  } finally {
    await close();
  }
}
