import { readFileSync } from 'node:fs';
import {
  AbortedError, classifyFailure, concurrency, createGuard, createGuards, failingResults, fallback, growing, lastGood, latest, retryAfter, retryBudget, shared, slidingWindow,
  TimeoutError, type CallLimit, type CallPolicy, type GuardEvent, type GuardOptions, type PersistedBreaker, type Guard,
} from '../../../src/index.ts';
import { failureShare, InvalidError, isAbort, openFor, PermanentError, slowAfter, threshold, windowCalls, windowTime, type Peer, type Setup, type Subject } from '../peer.ts';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };

const minimum = threshold;
const countings = {
  'in a row': undefined,
  'by calls': slidingWindow({ calls: windowCalls, minimum, failureShare }),
  'over time': slidingWindow({ over: windowTime, minimum, failureShare }),
  'slow calls': slidingWindow({ over: windowTime, minimum, slowAfter, slowShare: failureShare }),
};

function limitOf(setup: Setup): CallLimit | undefined {
  let limit: CallLimit | undefined = setup.limit === undefined ? undefined : concurrency({ reserve: 0, ...setup.limit });
  if (setup.retryAfter !== undefined) limit = retryAfter(setup.retryAfter, limit);
  return setup.retryBudget === true ? retryBudget({}, limit) : limit;
}

function optionsOf(setup: Setup, onEvent: (event: GuardEvent) => void): GuardOptions {
  const { way, retry, timeout, restore, growsUpTo, probes } = setup;
  const counting = countings[way];
  const limit = limitOf(setup);
  return {
    name: 'the dependency',
    timeout,
    budget: 10 * timeout,
    breaker: { threshold, openFor, ...(probes === undefined ? {} : { probes, probeShare: 0.5 }) },
    retry: retry ? { attempts: 3, jitter: 0 } : { attempts: 1 },
    classify: (error) => {
      if (error instanceof InvalidError || error instanceof AbortedError || isAbort(error)) return 'caller';
      return error instanceof PermanentError ? 'permanent' : classifyFailure(error);
    },
    onEvent,
    ...(counting === undefined ? {} : { counting }),
    ...(limit === undefined ? {} : { limit }),
    ...(growsUpTo === undefined ? {} : { growth: growing({ upTo: growsUpTo }) }),
    ...(restore === undefined ? {} : { restore: restore as PersistedBreaker }),
  };
}

function subjectOf(guard: Guard, setup: Setup, listeners: ((event: GuardEvent) => void)[]): Subject {
  const always: CallPolicy[] = [
    ...(setup.fallback === undefined ? [] : [fallback(setup.fallback)]),
    ...(setup.lastGood === undefined ? [] : [lastGood({ maxAge: setup.lastGood })]),
    ...(setup.isFailure === undefined ? [] : [failingResults(setup.isFailure)]),
  ];
  return {
    call: (operation, signal, options = {}) => {
      const policies = [
        ...always,
        ...(options.shared === undefined ? [] : [shared(options.shared)]),
        ...(options.latest === undefined ? [] : [latest(options.latest)]),
      ];
      const given = {
        ...(signal === undefined ? {} : { signal }),
        ...(options.priority === undefined ? {} : { priority: options.priority }),
        ...(policies.length === 0 ? {} : { with: policies }),
      };
      return guard.execute((attempt) => operation(attempt.signal), Object.keys(given).length === 0 ? undefined : given);
    },
    isClosed: () => guard.breakerMode === 'CLOSED',
    hold: () => guard.hold(),
    release: () => guard.release(),
    save: () => guard.persisted(),
    listen: (listener) => void listeners.push(listener),
    onFallback: (listener) => void listeners.push((event) => (event.type === 'fallback' ? listener(event.error) : undefined)),
    dispose: () => guard.dispose(),
  };
}

export const holdfast: Peer = {
  name: 'Holdfast',
  version,
  ways: ['in a row', 'by calls', 'over time', 'slow calls'],
  retries: true,
  offers: ['latest', 'last good'],
  isTimeout: (error) => error instanceof TimeoutError,

  make(setup) {
    const listeners: ((event: GuardEvent) => void)[] = [];
    return subjectOf(createGuard(optionsOf(setup, (event) => listeners.forEach((listener) => listener(event)))), setup, listeners);
  },

  byKey(setup, options) {
    const guards = createGuards(() => optionsOf(setup, () => undefined), options);
    return {
      for: (key) => subjectOf(guards.for(key), setup, []),
      get size() { return guards.size; },
      dispose: () => guards.dispose(),
    };
  },
};
