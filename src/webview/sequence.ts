import { escape } from '../inspect/chart-svg.ts';
import type { EventRecord, InspectorRecord } from '../inspect/records.ts';
import { clock } from './dom.ts';
import { typeOf } from './log.ts';
import type { Model } from './model.ts';
import { t } from './texts.ts';

const columnWidth = 190;
const rowHeight = 28;
const timeWidth = 96;

/** Messages between actors, as a sequence diagram: the heads of its columns, which stay in view, and its lines. */
export function sequenceSvg(model: Model, records: readonly InspectorRecord[]): { readonly head: string; readonly body: string } | undefined {
  const events = records.filter((record): record is EventRecord => record.kind === 'event');
  if (events.length === 0) return undefined;
  const actors = [...new Set(events.flatMap(({ sender, actor }) => [sender ?? 'outside', actor]))];
  const x = (actor: string | undefined): number => timeWidth + columnWidth * actors.indexOf(actor ?? 'outside') + columnWidth / 2;
  const width = timeWidth + columnWidth * actors.length;
  const height = rowHeight * (events.length + 0.5);
  const svg = (name: string, size: number, label: string, parts: readonly string[]): string => (
    `<svg xmlns="http://www.w3.org/2000/svg" class="sequence ${name}" viewBox="0 0 ${width} ${size}" width="${width}" height="${size}" role="img" aria-label="${label}">${parts.join('')}</svg>`
  );
  const head = actors.map((actor) => {
    const [name, of] = model.name(actor === 'outside' ? undefined : actor).split(' · ') as [string, string | undefined];
    return `<g class="lane"><rect x="${x(actor) - columnWidth / 2 + 6}" y="4" width="${columnWidth - 12}" height="${of === undefined ? 22 : 34}" rx="4"/>`
      + `<text class="name" x="${x(actor)}" y="19">${escape(cut(name))}</text>${of === undefined ? '' : `<text class="of" x="${x(actor)}" y="32">${escape(cut(of))}</text>`}</g>`;
  });
  const body = ['<defs><marker id="message" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 0L10 5L0 10z"/></marker></defs>'];
  for (const actor of actors) body.push(`<line class="life" x1="${x(actor)}" x2="${x(actor)}" y1="0" y2="${height}"/>`);
  events.forEach((event, index) => {
    const y = rowHeight * (index + 1) - 4;
    const [from, to] = [x(event.sender), x(event.actor)];
    const itself = from === to;
    body.push(`<g class="call${event.crashed === true ? ' crashed' : ''}"><text class="when" x="10" y="${y + 4}">${clock(event.time)}</text>`, itself
      ? `<path class="message" d="M${from} ${y - 9}h16a4 4 0 0 1 4 4v3a4 4 0 0 1 -4 4h-13" marker-end="url(#message)"/>`
      : `<line class="message" x1="${from}" x2="${to}" y1="${y}" y2="${y}" marker-end="url(#message)"/>`);
    body.push(`<text class="what" text-anchor="${itself ? 'start' : 'middle'}" x="${itself ? from + 28 : (from + to) / 2}" y="${itself ? y : y - 6}">${escape(cut(typeOf(event)))}</text></g>`);
  });
  return { head: svg('head', 44, escape(t('Actors')), head), body: svg('body', height, escape(t('Messages between actors')), body) };
}

const cut = (text: string): string => (text.length > 32 ? `…${text.slice(-31)}` : text);
