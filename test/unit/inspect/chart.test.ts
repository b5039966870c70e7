import { expect } from 'chai';
import { assign, createMachine, type AnyStateNode } from 'xstate';
import { circuitBreaker } from '../../../machines/circuit-breaker.ts';
import { configLifecycle } from '../../../machines/config-lifecycle.ts';
import { recovery } from '../../../machines/recovery.ts';
import { retrySequencer } from '../../../machines/retry-sequencer.ts';
import { supervisor } from '../../../machines/supervisor.ts';
import { write } from '../../../machines/write.ts';
import { writeQueue } from '../../../machines/write-queue.ts';
import { chartOf, edgeId, eventName, transitionsOf, type ChartState } from '../../../src/inspect/chart.ts';

const all = (state: ChartState): ChartState[] => [state, ...state.children.flatMap(all)];
const nodes = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodes)];

describe('Chart', () => {
  for (const machine of [circuitBreaker, configLifecycle, recovery, retrySequencer, supervisor, write, writeQueue]) {
    it(`${machine.id}: every state and every transition is in it once, and it is plain data`, () => {
      const chart = chartOf(machine);
      const states = all(chart.root);
      expect(states.map(({ id }) => id).sort()).to.deep.equal(nodes(machine.root).map(({ id }) => id).sort());
      const ids = [...chart.edges, ...states.flatMap(({ internal }) => internal)].map(({ id }) => id);
      const real = nodes(machine.root).flatMap((node) => transitionsOf(node).map(edgeId));
      expect([...ids].sort()).to.deep.equal(real.sort());
      expect(new Set(ids).size).to.equal(ids.length);
      expect(structuredClone(chart)).to.deep.equal(chart);
    });
  }

  it('says events in words', () => {
    expect(['', 'FAILURE', 'xstate.after.openFor.circuit-breaker.OPEN', 'xstate.done.state.a', 'xstate.done.actor.b', 'xstate.error.actor.c:d', 'xstate.snapshot.*'].map(eventName))
      .to.deep.equal(['always', 'FAILURE', 'after openFor', 'a is done', 'done: b', 'crash: c:d', '* changed']);
  });

  it('names guards and actions, and leaves out the timers behind delays', () => {
    const machine = createMachine({
      id: 'm', initial: 'a',
      states: { a: { entry: [assign({}), { type: 'named' }], after: { 10: { guard: () => true, target: 'b' } } }, b: { type: 'final' } },
    });
    const { root, edges } = chartOf(machine);
    expect(root.children[0]!.entry).to.deep.equal(['(inline)', 'named']);
    expect(edges).to.have.length(1);
    expect(edges[0]).to.include({ event: 'after 10', target: 'm.b' });
    expect(root.children.map(({ initial, type }) => [initial, type])).to.deep.equal([[true, 'atomic'], [false, 'final']]);
  });
});
