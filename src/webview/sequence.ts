import { eventName } from '../inspect/chart.ts';
import { escape } from '../inspect/chart-svg.ts';
import type { EventRecord } from '../inspect/records.ts';
import { clock } from './dom.ts';
import type { Model } from './model.ts';

const columnWidth = 150;
const rowHeight = 24;
/** Messages shown: the last ones before the moment. */
const shown = 40;

/** The messages between actors before the moment that is shown, as a sequence diagram in SVG. */
export function sequenceSvg(model: Model): string {
  const end = (model.position ?? model.records.length - 1) + 1;
  const events: EventRecord[] = [];
  for (let i = end - 1; i >= 0 && events.length < shown; i--) {
    const record = model.records[i]!;
    if (record.kind === 'event') events.unshift(record);
  }
  const actors = [...new Set(events.flatMap(({ sender, actor }) => [sender ?? 'outside', actor]))];
  const x = (actor: string | undefined): number => 90 + columnWidth * actors.indexOf(actor ?? 'outside') + columnWidth / 2;
  const width = 90 + columnWidth * actors.length;
  const height = 40 + rowHeight * (events.length + 1);
  const parts = [`<svg xmlns="http://www.w3.org/2000/svg" class="sequence" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Messages between actors">`];
  parts.push('<defs><marker id="message" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 0L10 5L0 10z"/></marker></defs>');
  for (const actor of actors) {
    const name = actor === 'outside' ? 'outside' : model.name(actor);
    parts.push(`<line class="life" x1="${x(actor)}" x2="${x(actor)}" y1="32" y2="${height}"/>`);
    parts.push(`<text class="head" x="${x(actor)}" y="20">${escape(name.length > 22 ? `${name.slice(0, 10)}…${name.slice(-10)}` : name)}</text>`);
  }
  events.forEach((event, index) => {
    const y = 40 + rowHeight * (index + 1);
    const [from, to] = [x(event.sender), x(event.actor)];
    parts.push(`<text class="when" x="4" y="${y + 3}">${clock(event.time)}</text>`);
    parts.push(from === to
      ? `<path class="message" d="M${from} ${y - 6}h26v10h-24" marker-end="url(#message)"/>`
      : `<line class="message" x1="${from}" x2="${to}" y1="${y}" y2="${y}" marker-end="url(#message)"/>`);
    parts.push(`<text class="what" x="${from === to ? from + 32 : (from + to) / 2}" y="${y - 4}"${from === to ? ' text-anchor="start"' : ''}>${escape(eventName(event.type.replace(/:.*\//s, ' · ')))}</text>`);
  });
  parts.push('</svg>');
  return parts.join('');
}
