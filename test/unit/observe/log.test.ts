import { expect } from 'chai';
import { CircuitOpenError, QueueFullError, StoreError, TransactionError, ValidationError } from '../../../src/errors.ts';
import { Log, logService, type LogEntry } from '../../../src/observe/log.ts';
import { MemoryLog } from '../../../src/observe/memory-log.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { FakeService } from './fake-service.ts';

const source = { instanceId: 'publisher.extension', service: 'nofx' };

describe('Log', () => {
  let clock: VirtualClock;
  let memory: MemoryLog;
  let log: Log;

  beforeEach(() => {
    clock = new VirtualClock();
    memory = new MemoryLog();
    log = new Log(source, [memory], { clock });
  });

  it('writes entries of one shape', () => {
    log.write('warn', 'Something.', { file: 'user settings', count: 2 });
    expect(memory.entries).to.deep.equal([{
      timestamp: '2026-01-01T00:00:00.000Z',
      level: 'warn',
      message: 'Something.',
      instanceId: 'publisher.extension',
      service: 'nofx',
      file: 'user settings',
      count: 2,
    }]);
    expect(Object.keys(memory.entries[0]!).slice(0, 5)).to.deep.equal(['timestamp', 'level', 'message', 'instanceId', 'service']);
    expect(Object.isFrozen(memory.entries[0])).to.equal(true);
  });

  it('lets no context overwrite the fields of the entry', () => {
    log.write('info', 'Real.', { level: 'error', message: 'forged', timestamp: 0, instanceId: 'x', service: 'y', ['__proto__']: 'z' });
    const [entry] = memory.entries;
    expect(entry).to.include({ level: 'info', message: 'Real.', instanceId: 'publisher.extension', service: 'nofx' });
    expect(entry).to.include({ 'context.level': 'error', 'context.message': 'forged' });
    expect(Object.getPrototypeOf(entry)).to.equal(Object.prototype);
  });

  it('P12 survives any context', () => {
    const circular: Record<string, unknown> = { big: 10n, get bad(): string { throw new Error('no'); } };
    circular['self'] = circular;
    log.write('info', 'Strange.', circular);
    log.write('info', 'Stranger.', new Proxy({}, { ownKeys: () => { throw new Error('no'); } }));
    expect(JSON.stringify(memory.entries[0])).to.contain('"big":"10n","bad":"(its getter throws)","self":"(circular)"');
    expect(memory.entries[1]).to.include({ message: 'Stranger.' });
  });

  it('P12 goes on when a sink throws', () => {
    const broken = { write: () => { throw new Error('full'); } };
    const other = new MemoryLog();
    const both = new Log(source, [broken, other], { clock });
    both.write('info', 'Heard.');
    expect(other.entries).to.have.lengthOf(1);
  });

  describe('says what is repeated once, and then how often', () => {
    const messages = (): string[] => memory.entries.map(({ message }) => message);

    it('at the end of the window', async () => {
      for (let i = 0; i < 413; i++) log.write('warn', 'Again.', { i });
      expect(messages()).to.deep.equal(['Again.']);
      await clock.advance(5_000);
      expect(messages()).to.deep.equal(['Again.', 'Again. (repeated 412 times)']);
      expect(memory.entries[1]).to.include({ i: 412, repeated: 412 });
      await clock.advance(60_000);
      expect(clock.pendingTimers()).to.deep.equal([]);
    });

    it('once a window while it goes on', async () => {
      for (let second = 0; second < 20; second++) {
        log.write('warn', 'Again.');
        await clock.advance(1_000);
      }
      log.flush();
      expect(messages()).to.deep.equal(['Again.', ...Array.from({ length: 3 }, () => 'Again. (repeated 5 times)'), 'Again. (repeated 4 times)']);
    });

    it('and holds nothing else back meanwhile', () => {
      log.write('warn', 'Again.');
      log.write('warn', 'Again.');
      log.write('warn', 'Something else.');
      log.write('info', 'Again.');
      expect(messages()).to.deep.equal(['Again.', 'Something else.', 'Again.']);
    });

    it('when it is flushed', () => {
      log.write('warn', 'Again.');
      log.write('warn', 'Again.');
      log.flush();
      expect(messages()).to.deep.equal(['Again.', 'Again. (repeated once)']);
      expect(clock.pendingTimers()).to.deep.equal([]);
      log.flush();
      expect(messages()).to.have.lengthOf(2);
    });

    it('anew after the window', async () => {
      log.write('warn', 'Again.');
      await clock.advance(5_000);
      log.write('warn', 'Again.');
      expect(messages()).to.deep.equal(['Again.', 'Again.']);
    });

    it('and what was said just before another window ended stays held back', async () => {
      log.write('warn', 'First.');
      log.write('warn', 'First.');
      await clock.advance(4_000);
      log.write('warn', 'Second.');
      await clock.advance(1_000);
      log.write('warn', 'Second.');
      expect(messages()).to.deep.equal(['First.', 'Second.', 'First. (repeated once)']);
    });

    it('and forgets what is no more said', async () => {
      log.write('warn', 'First.');
      await clock.advance(1_000);
      log.write('warn', 'Second.');
      log.write('warn', 'Second.');
      await clock.advance(5_000);
      log.write('warn', 'First.');
      expect(messages()).to.deep.equal(['First.', 'Second.', 'Second. (repeated once)', 'First.']);
    });

    it('P41 without growing', () => {
      for (let i = 0; i < 150; i++) {
        log.write('warn', `Number ${i}.`);
        log.write('warn', `Number ${i}.`);
      }
      expect(messages()).to.include('Number 0. (repeated once)').and.not.to.include('Number 149. (repeated once)');
    });
  });
});

describe('MemoryLog', () => {
  const entry = (message: string): LogEntry => ({ timestamp: '', level: 'info', message, ...source });

  it('P41 keeps the last entries, oldest first', () => {
    const memory = new MemoryLog(3);
    for (let i = 0; i < 8; i++) memory.write(entry(String(i)));
    expect(memory.entries.map(({ message }) => message)).to.deep.equal(['5', '6', '7']);
    memory.clear();
    expect(memory.entries).to.deep.equal([]);
    memory.write(entry('x'));
    expect(memory.entries).to.have.lengthOf(1);
  });
});

describe('logService', () => {
  let service: FakeService;
  let memory: MemoryLog;
  const last = (): LogEntry => memory.entries.at(-1)!;

  beforeEach(() => {
    service = new FakeService();
    memory = new MemoryLog();
    logService(service, [memory], { clock: new VirtualClock() });
  });

  const error = new StoreError('dirty', 'It has unsaved changes.', { context: { file: 'file:///settings.json' } });
  const issue = { key: 'name', problem: 'must be short', layer: 'user', served: 'default' } as const;
  const cases: [ServiceEvent, string, string][] = [
    [{ type: 'health', health: 'healthy', before: 'degraded' }, 'info', 'The service is healthy.'],
    [{ type: 'health', health: 'degraded', before: 'healthy' }, 'warn', 'The service is degraded.'],
    [{ type: 'health', health: 'unhealthy', before: 'healthy' }, 'error', 'The service is unhealthy.'],
    [{ type: 'breaker', file: 'f', from: 'CLOSED', to: 'OPEN' }, 'warn', 'The circuit breaker has opened: writes are refused.'],
    [{ type: 'breaker', file: 'f', from: 'OPEN', to: 'HALF_OPEN' }, 'info', 'The circuit breaker is half open: one write may try.'],
    [{ type: 'breaker', file: 'f', from: 'HALF_OPEN', to: 'CLOSED' }, 'info', 'The circuit breaker has closed: writes go through again.'],
    [{ type: 'loaded', changed: ['name'], issues: [issue] }, 'debug', 'The settings have been read.'],
    [{ type: 'load-failed', error }, 'warn', 'The settings cannot be read; the last good values are served.'],
    [{ type: 'invalid', issue }, 'warn', 'The stored value of "name" is not legal; the default is served.'],
    [{ type: 'invalid', issue: { ...issue, served: 'valid items', dropped: ['[1]'], scope: { languageId: 'go' } } }, 'warn', 'The stored value of "name" is not legal; its valid items are served.'],
    [{ type: 'mended', key: 'name' }, 'info', 'The stored value of "name" is legal again.'],
    [{ type: 'mended', key: 'name', scope: { languageId: 'go' } }, 'info', 'The stored value of "name" is legal again.'],
    [{ type: 'stored', keys: ['name'], file: 'f', latency: 1.5 }, 'debug', 'Stored.'],
    [{ type: 'stored', keys: ['name'], file: 'f', latency: 1.5, shadowedBy: 'workspace' }, 'info', 'Stored, but another value is in effect.'],
    [{ type: 'failed', keys: ['name'], file: 'f', latency: 1, error }, 'error', 'Not stored: dirty.'],
    [{ type: 'failed', keys: ['name'], file: undefined, latency: 1, error: new ValidationError('name', 'is bad') }, 'info', 'Not stored: VALIDATION.'],
    [{ type: 'failed', keys: ['name'], file: 'f', latency: 1, error: new CircuitOpenError('f', 1) }, 'warn', 'Not stored: CIRCUIT_OPEN.'],
    [{ type: 'failed', keys: ['name'], file: 'f', latency: 1, error: new QueueFullError('f', 100) }, 'warn', 'Not stored: QUEUE_FULL.'],
    [{ type: 'failed', keys: ['name'], file: 'f', latency: 1, error: new TransactionError('name', [], [], { cause: error }) }, 'error', 'Not stored: dirty.'],
    [{ type: 'failed', keys: ['name'], file: 'f', latency: 1, error: new TypeError('x') }, 'error', 'Not stored: TypeError.'],
    [{ type: 'parked', keys: ['name'], file: 'f' }, 'info', 'Waiting until the circuit breaker closes.'],
    [{ type: 'attempt-failed', file: 'f', attempt: 2, error }, 'info', 'An attempt failed.'],
    [{ type: 'late', key: 'name', file: 'f', outcome: 'stored', reasserted: false }, 'warn', 'A write that was given up has ended.'],
    [{ type: 'late', key: 'name', file: 'f', outcome: 'not stored', reasserted: false }, 'info', 'A write that was given up has ended.'],
    [{ type: 'late', key: 'name', file: 'f', outcome: 'stored', reasserted: true }, 'warn', 'A write that was given up landed late and undid a newer one, which is stored again.'],
    [{ type: 'reconciled', key: 'name', acceptedAt: 0, outcome: 'stored' }, 'info', 'An earlier process did not see the end of a write: stored.'],
    [{ type: 'reconciled', key: 'name', acceptedAt: 0, outcome: 'unknown' }, 'warn', 'An earlier process did not see the end of a write: unknown.'],
    [{ type: 'crash', actor: 'lifecycle', error: new Error('x'), givenUp: false }, 'error', 'An actor has crashed and was restarted.'],
    [{ type: 'crash', actor: 'lifecycle', error: 'x', givenUp: true }, 'error', 'An actor has crashed once too often: writes are refused until a reset.'],
    [{ type: 'warning', message: 'A listener of a setting threw.', error: new Error('x') }, 'warn', 'A listener of a setting threw.'],
    [{ type: 'disposed', unsettled: 0 }, 'info', 'The service has been disposed of.'],
    [{ type: 'disposed', unsettled: 2 }, 'warn', 'The service has been disposed of before all writes had ended.'],
  ];

  for (const [event, level, message] of cases) {
    it(`tells of "${event.type}": ${message}`, () => {
      service.emit(event);
      expect(last()).to.include({ level, message, instanceId: 'publisher.extension', service: 'nofx' });
    });
  }

  it('F43: tells a sink that comes late of the state, and of what was invalid from the beginning', () => {
    const late = new MemoryLog();
    logService(Object.assign(new FakeService(), { status: 'degraded' as const, issues: [issue] }), [late], { clock: new VirtualClock() });
    expect(late.entries.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
      'info The log begins: the service is degraded.',
      'warn The stored value of "name" is not legal; the default is served.',
    ]);
  });

  it('says what failed and why', () => {
    service.emit({ type: 'failed', keys: ['name'], file: 'user settings', latency: 1.5, error });
    expect(last()).to.deep.include({
      keys: ['name'],
      file: 'user settings',
      latency: 1.5,
      error: {
        name: 'StoreError',
        message: 'It has unsaved changes.',
        code: 'STORE',
        reason: 'dirty',
        file: 'file:///settings.json',
        userAction: 'Save the settings file, then try again.',
        retryable: false,
      },
    });
  });

  it('P51 never tells a value: not of a refused one, not of a stored one, not of a secret', () => {
    service.stored = { user: 'an illegal value', workspace: { list: ['an illegal', 17, null, true] } };
    service.emit(
      { type: 'failed', keys: ['name'], file: undefined, latency: 1, error: new ValidationError('name', 'is no "refused value"', { userAction: 'Not "refused value"', cause: new Error('refused value') }) },
      { type: 'invalid', issue: { ...issue, problem: 'an illegal value is not one of a, b' } },
      { type: 'warning', message: 'A listener of a setting threw.', error: new Error('I was told the secret!') },
      { type: 'crash', actor: 'a', error: new Error('the secret'), givenUp: false },
      { type: 'load-failed', error: { message: 'the secret' } },
    );
    const text = JSON.stringify(memory.entries);
    expect(text).not.to.match(/refused value|an illegal value|the secret/);
    expect(text).to.contain('•••••• is not one of a, b').and.to.contain('I was told ••••••!');
  });

  it('P51 tells nothing at all when it cannot know the values', () => {
    const deep: unknown[] = [];
    for (let i = 0, inner = deep; i < 100_000; i++) {
      const next: unknown[] = [];
      inner.push(next);
      inner = next;
    }
    service.stored = { user: deep };
    service.emit({ type: 'invalid', issue: { ...issue, problem: 'some value is wrong' } });
    expect(last()).to.include({ problem: '••••••' });
  });

  it('goes on with a service of another version', () => {
    service.emit({ type: 'from the future' } as unknown as ServiceEvent);
    expect(last()).to.include({ level: 'debug', message: 'Something happened that this version does not know.', type: 'from the future' });
    service.emit({ type: 'invalid' } as unknown as ServiceEvent, undefined as unknown as ServiceEvent);
    expect(last()).to.include({ message: 'Something happened that this version cannot describe.' });
    service.get = () => { throw new Error('gone'); };
    service.inspect = () => { throw new Error('gone'); };
    Object.assign(service.definition, { keys: undefined });
    service.emit({ type: 'invalid', issue }, { type: 'load-failed', error: null });
    expect(last()).to.deep.include({ error: { name: 'null', message: '••••••' } });
  });

  it('tells of errors that are none', () => {
    service.emit({ type: 'load-failed', error: 'just a text' });
    expect(last()).to.deep.include({ error: { name: 'string', message: 'just a text' } });
    service.emit({ type: 'load-failed', error: { attempts: [1, 2], get message(): string { throw new Error('no'); } } });
    service.emit({ type: 'disposed', unsettled: 0 });
    expect(last()).to.deep.include({ repeated: 1, error: { name: 'object', message: '', attempts: 2 } });
  });

  it('takes further entries, and ends when it is disposed of', () => {
    const other = new FakeService();
    const log = logService(other, [memory]);
    log.write('info', 'One more.');
    expect(last()).to.include({ message: 'One more.' });
    log.dispose();
    expect(other.listenerCount).to.equal(0);
  });
});
