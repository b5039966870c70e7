import { expect } from 'chai';
import { UnsavedWrites } from '../../../src/extension/unsaved-writes.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';
import type { WaitingWrite } from '../../../src/service/writes/awaiting-user.ts';

type Handle = { -readonly [P in keyof WaitingWrite]: WaitingWrite[P] };

/** What a service hands over when one of its writes begins to wait, or waits again. */
function handle(keys: readonly string[], file = 'user settings'): Handle {
  const nothing = (): void => undefined;
  return { keys, file, target: 'user', error: undefined, canRedirect: true, over: false, retry: nothing, redirect: nothing, giveUp: nothing, decline: nothing };
}

const facts = (reason: string) => ({ name: 'StoreError', message: '', reason });
const stored = (...keys: string[]): ServiceEvent => ({ type: 'stored', keys, file: 'user settings', latency: 1 });
const failed = (...keys: string[]): ServiceEvent => ({ type: 'failed', keys, file: undefined, error: undefined, latency: 1 });

describe('The writes that wait for the user', () => {
  it('F65 one is the same through all retries, whatever refuses it then and wherever, until its caller is answered', () => {
    const writes = new UnsavedWrites();
    const first = handle(['count'], 'file:///workspace/settings.json');
    const write = writes.add(first, facts('dirty'));
    expect(writes.all).to.deep.equal([{ keys: ['count'], file: 'file:///workspace/settings.json', facts: facts('dirty'), handle: first }]);
    first.over = true;
    expect(writes.has(write), 'while it is tried again').to.equal(true);
    const again = handle(['count']);
    expect(writes.add(again, facts('permission'))).to.equal(write);
    expect(write).to.deep.equal({ keys: ['count'], file: 'user settings', facts: facts('permission'), handle: again });
    again.over = true;
    expect(writes.onEvent(stored('count'))).to.equal(true);
    expect([writes.has(write), writes.all]).to.deep.equal([false, []]);
  });

  it('F65 others that end, and what else happens, do not end it', () => {
    const writes = new UnsavedWrites();
    const waiting = handle(['count', 'name']);
    const write = writes.add(waiting, facts('dirty'));
    // Another write of the same settings, which does not wait.
    expect(writes.onEvent(stored('count', 'name'))).to.equal(false);
    waiting.over = true;
    for (const event of [stored('count'), failed('name', 'count'), { type: 'parked', keys: ['count', 'name'], file: 'user settings' } as const]) {
      expect(writes.onEvent(event)).to.equal(false);
    }
    expect(writes.has(write)).to.equal(true);
    expect(writes.onEvent(failed('count', 'name'))).to.equal(true);
  });

  it('F65 several for the same setting are counted one by one', () => {
    const writes = new UnsavedWrites();
    const [one, two] = [handle(['count']), handle(['count'])];
    writes.add(one, facts('dirty'));
    writes.add(two, facts('dirty'));
    expect(writes.all).to.have.lengthOf(2);
    one.over = true;
    writes.onEvent(failed('count'));
    expect(writes.all.map((write) => write.handle)).to.deep.equal([two]);
    two.over = true;
    writes.onEvent(stored('count'));
    expect(writes.all).to.deep.equal([]);
  });
});
