import { PQueue } from '../../../tools/peers/p-queue.ts';
import { versionOf } from '../../../tools/peers/versions.ts';
import type { Peer } from '../peer.ts';

const priorities = { interactive: 2, normal: 1, background: 0 };

/** As its readme says (https://github.com/sindresorhus/p-queue#readme): `concurrency`, and for each call `priority`, `signal`. It has no breaker and no retries. */
export const pQueue: Peer = {
  name: 'p-queue',
  version: versionOf('p-queue'),
  ways: [],
  retries: false,
  lacks: Object.fromEntries([73, 75, 76, 77, 78, 79, 80, 81].map((number) => [`P${number}`, 'is a queue alone'])),
  notes: { P70: '`onSizeLessThan` waits for room' },
  isTimeout: () => false,

  make({ limit }) {
    const queue = new PQueue({ concurrency: limit!.limit });
    return {
      call: (operation, signal, { priority = 'normal' } = {}) =>
        queue.add((given) => operation(given.signal ?? new AbortController().signal), { priority: priorities[priority], ...(signal === undefined ? {} : { signal }) }),
      isClosed: () => true,
      dispose: () => queue.clear(),
    };
  },
};
