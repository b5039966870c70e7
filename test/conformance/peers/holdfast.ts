import { readFileSync } from 'node:fs';
import { AbortedError, createGuard, TimeoutError, type PersistedBreaker } from '../../../src/index.ts';
import { InvalidError, isAbort, openFor, PermanentError, threshold, type Peer } from '../peer.ts';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };

export const holdfast: Peer = {
  name: 'Holdfast',
  version,
  retries: true,
  isTimeout: (error) => error instanceof TimeoutError,

  make({ retry, timeout, restore }) {
    const listeners: (() => void)[] = [];
    const guard = createGuard({
      name: 'the dependency',
      timeout,
      budget: 10 * timeout,
      breaker: { threshold, openFor },
      retry: retry ? { attempts: 3, jitter: 0 } : { attempts: 1 },
      classify: (error) => {
        if (error instanceof InvalidError || error instanceof AbortedError || isAbort(error)) return 'caller';
        return error instanceof PermanentError ? 'permanent' : 'transient';
      },
      onEvent: () => listeners.forEach((listener) => listener()),
      ...(restore === undefined ? {} : { restore: restore as PersistedBreaker }),
    });
    return {
      call: (operation, signal) => guard.execute((attempt) => operation(attempt.signal), signal === undefined ? undefined : { signal }),
      isClosed: () => guard.breakerMode === 'CLOSED',
      hold: () => guard.hold(),
      release: () => guard.release(),
      save: () => guard.persisted(),
      listen: (listener) => void listeners.push(listener),
      dispose: () => guard.dispose(),
    };
  },
};
