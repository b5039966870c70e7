import { expect } from 'chai';
import { createActor } from 'xstate';
import { writeQueue, type QueueEvent, type QueueInput } from '../../../machines/write-queue.ts';

/** Sends the events to a queue of two places, and shows it as it is then, with the writes it has begun. */
function after(events: readonly QueueEvent[], input: Partial<QueueInput> = {}) {
  const begun: number[] = [];
  const actor = createActor(writeQueue, { input: { capacity: 2, start: ({ id }) => begun.push(id), ...input } }).start();
  for (const event of events) actor.send(event);
  const { value, context: { inFlight, waiting, paused } } = actor.getSnapshot();
  return { state: value, inFlight: inFlight.map(({ id }) => id), waiting: waiting.map(({ id }) => id), paused, begun };
}

const add = (...ids: number[]): QueueEvent[] => ids.map((id) => ({ type: 'ENQUEUE', ticket: { id } }));
const settled = (id: number): QueueEvent => ({ type: 'SETTLED', id });
const [pause, resume, drain]: QueueEvent[] = [{ type: 'PAUSE' }, { type: 'RESUME' }, { type: 'DRAIN' }] as QueueEvent[];

/** The queue on its own: its lane would hide much of what it could do wrong. */
describe('Machine: write queue', () => {
  it('P23 writes one at a time, in order', () => {
    expect(after(add(1, 2, 3))).to.deep.equal({ state: 'writing', inFlight: [1], waiting: [2, 3], paused: false, begun: [1] });
    expect(after([...add(1, 2, 3), settled(1)])).to.deep.equal({ state: 'writing', inFlight: [2], waiting: [3], paused: false, begun: [1, 2] });
    expect(after([...add(1), settled(1)])).to.deep.equal({ state: 'idle', inFlight: [], waiting: [], paused: false, begun: [1] });
    expect(after([])).to.deep.equal({ state: 'idle', inFlight: [], waiting: [], paused: false, begun: [] });
  });

  it('P23 is moved by the end of the write in flight alone', () => {
    expect(after([...add(1, 2), settled(2)])).to.deep.include({ inFlight: [1] });
    expect(after([...add(1, 2), { type: 'PUT_BACK', id: 2 }])).to.deep.include({ inFlight: [1], waiting: [2] });
    expect(after([settled(1)])).to.include({ state: 'idle' });
    for (const paused of [[], [pause!]]) expect(after([...add(1, 2), ...paused, drain!, settled(9)])).to.deep.include({ state: 'draining', inFlight: [1] });
  });

  it('P25 has so many places, while writing and while paused', () => {
    expect(after(add(1, 2, 3, 4))).to.deep.include({ waiting: [2, 3] });
    expect(after([pause!, ...add(1, 2, 3)])).to.deep.include({ state: 'paused', waiting: [1, 2], begun: [] });
    expect(after(add(1, 2, 3), { paused: true })).to.deep.equal({ state: 'paused', inFlight: [], waiting: [1, 2], paused: true, begun: [] });
  });

  it('P27 forgets a write that is withdrawn, and no other', () => {
    for (const state of [[], [pause!]]) expect(after([...add(1, 2, 3), ...state, { type: 'WITHDRAW', id: 2 }])).to.deep.include({ inFlight: [1], waiting: [3] });
    expect(after([...add(1, 2), { type: 'WITHDRAW', id: 1 }])).to.deep.include({ inFlight: [1], waiting: [2] });
    expect(after([...add(1, 2), { type: 'WITHDRAW', id: 1 }], { paused: true })).to.deep.include({ state: 'paused', waiting: [2] });
  });

  it('P27 puts back what the breaker refused first in line, and begins it again when the breaker closes', () => {
    const refused = [...add(1, 2), pause!, { type: 'PUT_BACK', id: 1 } as const];
    expect(after(refused)).to.deep.equal({ state: 'paused', inFlight: [], waiting: [1, 2], paused: true, begun: [1] });
    expect(after([...refused, resume!])).to.deep.equal({ state: 'writing', inFlight: [1], waiting: [2], paused: false, begun: [1, 1] });
  });

  it('pauses after the write in flight, unless the breaker has closed by then', () => {
    expect(after([...add(1, 2), pause!])).to.deep.include({ state: 'writing', paused: true, begun: [1] });
    expect(after([...add(1, 2), pause!, settled(1)])).to.deep.include({ state: 'paused', waiting: [2], begun: [1] });
    expect(after([...add(1, 2), pause!, resume!, settled(1)])).to.deep.include({ state: 'writing', inFlight: [2], begun: [1, 2] });
    expect(after([pause!])).to.include({ paused: true });
  });

  it('several writes are one turn, which ends with the last of them', () => {
    const together: QueueEvent[] = [...add(1, 2, 3), { type: 'TAKE_ALONG', count: 1 }];
    expect(after(together)).to.deep.include({ state: 'writing', inFlight: [1, 2], waiting: [3], begun: [1] });
    expect(after([...together, settled(2)])).to.deep.include({ state: 'writing', inFlight: [1], waiting: [3], begun: [1] });
    expect(after([...together, settled(2), settled(1)])).to.deep.include({ state: 'writing', inFlight: [3], waiting: [], begun: [1, 3] });
    expect(after([...together, pause!, { type: 'PUT_BACK', id: 2 }, settled(1)])).to.deep.include({ state: 'paused', waiting: [2, 3] });
    expect(after([...together, drain!, settled(1), settled(2), settled(3)])).to.deep.include({ state: 'closed', begun: [1, 3] });
    expect(after([...add(1, 2), drain!, { type: 'TAKE_ALONG', count: 1 }, settled(1)])).to.deep.include({ state: 'draining', inFlight: [2], begun: [1] });
    expect(after([...add(1, 2), drain!, { type: 'TAKE_ALONG', count: 1 }, pause!, settled(2), settled(1)])).to.deep.include({ state: 'closed' });
    expect(after([{ type: 'TAKE_ALONG', count: 1 }])).to.deep.include({ state: 'idle', inFlight: [] });
  });

  it('P42 goes on where an earlier actor crashed', () => {
    const left = { inFlight: [{ id: 1 }], waiting: [{ id: 2 }] };
    expect(after([], left)).to.deep.equal({ state: 'writing', inFlight: [1], waiting: [2], paused: false, begun: [] });
    expect(after([settled(1)], left)).to.deep.include({ inFlight: [2], begun: [2] });
    expect(after([], { waiting: [{ id: 2 }] })).to.deep.include({ state: 'writing', inFlight: [2], begun: [2] });
  });

  it('P40 drains: what waits is written, or refused once the breaker is open', () => {
    expect(after([drain!])).to.include({ state: 'closed' });
    expect(after([...add(1, 2), drain!, ...add(3)])).to.deep.include({ state: 'draining', inFlight: [1], waiting: [2] });
    expect(after([...add(1, 2), drain!, settled(1)])).to.deep.include({ state: 'draining', inFlight: [2], waiting: [], begun: [1, 2] });
    expect(after([...add(1), drain!, settled(1)])).to.deep.equal({ state: 'closed', inFlight: [], waiting: [], paused: false, begun: [1] });
    expect(after([...add(1, 2), drain!, pause!])).to.deep.equal({ state: 'draining', inFlight: [1], waiting: [], paused: true, begun: [1] });
    expect(after([...add(1, 2), pause!, drain!, settled(1)])).to.deep.equal({ state: 'closed', inFlight: [], waiting: [], paused: true, begun: [1] });
    expect(after([...add(1, 2), drain!], { paused: true })).to.deep.equal({ state: 'closed', inFlight: [], waiting: [], paused: true, begun: [] });
  });
});
