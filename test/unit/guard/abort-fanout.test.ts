import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { offAbort, onAbort, type Abortable } from '../../../src/guard/abort-fanout.ts';

interface Member extends Abortable {
  calls: number;
}

function member(onCall: () => void = () => undefined): Member {
  const made: Member = {
    calls: 0,
    onAbort: () => {
      made.calls++;
      onCall();
    },
  };
  return made;
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('Abort fan-out', () => {
  it('P14 one listener for each signal, however many members; none without members', () => {
    const { signal } = new AbortController();
    const members = Array.from({ length: 100 }, () => member());
    for (const each of members) onAbort(signal, each);
    expect(listeners(signal)).to.equal(1);
    members.forEach((each, index) => {
      expect(listeners(signal)).to.equal(1);
      offAbort(signal, each);
      expect(listeners(signal)).to.equal(index < members.length - 1 ? 1 : 0);
    });
    // A member that has gone already, and one that never came.
    offAbort(signal, members[0]!);
    offAbort(signal, member());
    expect(listeners(signal)).to.equal(0);
    const again = member();
    onAbort(signal, again);
    expect(listeners(signal)).to.equal(1);
    offAbort(signal, again);
    expect(listeners(signal)).to.equal(0);
  });

  it('every member is told once, and those that have left are not', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const [first, second, gone] = [member(), member(), member()];
    for (const each of [first, gone, second]) onAbort(signal, each);
    offAbort(signal, gone);
    controller.abort();
    signal.dispatchEvent(new Event('abort'));
    expect([first, second, gone].map(({ calls }) => calls)).to.deep.equal([1, 1, 0]);
    expect(listeners(signal)).to.equal(0);
  });

  it('each signal has members of its own', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const [ofOne, ofOther] = [member(), member()];
    onAbort(one.signal, ofOne);
    onAbort(other.signal, ofOther);
    one.abort();
    expect([ofOne.calls, ofOther.calls]).to.deep.equal([1, 0]);
    expect(listeners(other.signal)).to.equal(1);
  });

  it('members may leave and come while they are told', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const late = member();
    const leaving: Member = member(() => {
      offAbort(signal, leaving);
      onAbort(signal, late);
    });
    onAbort(signal, leaving);
    controller.abort();
    expect([leaving.calls, late.calls]).to.deep.equal([1, 0]);
    // Those who came then are of a fan-out of their own.
    expect(listeners(signal)).to.equal(1);
    offAbort(signal, late);
    expect(listeners(signal)).to.equal(0);
  });
});
