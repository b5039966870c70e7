import { expect } from 'chai';
import type { Clock } from '../../../src/clock.ts';
import { Log, logService, type LogEntry } from '../../../src/observe/log.ts';
import { MemoryLog } from '../../../src/observe/memory-log.ts';
import { bench, leavesNothing } from '../service/support.ts';

const source = { instanceId: 'publisher.extension', service: 'nofx' };

describe('A sink of a log', () => {
  leavesNothing();

  let now: number;
  const clock: Clock = { now: () => now, wallTime: () => now, setTimeout: () => 0 as never, clearTimeout: () => undefined };
  let heard: LogEntry[];
  /** How long the sink takes, in milliseconds. */
  let takes: number;
  const slow = { write: (entry: LogEntry) => { now += takes; heard.push(entry); } };

  beforeEach(() => {
    now = 0;
    heard = [];
    takes = 0;
  });

  it('P12 that blocks costs at most 1 % of the time, and is told what it has missed', () => {
    const other = new MemoryLog(10_000);
    const log = new Log(source, [slow, other], { clock });
    takes = 2_000;
    let blocked = 0;
    for (let i = 0; i < 5_000; i++) {
      const before = now;
      log.write('info', `Number ${i}.`);
      blocked += now - before;
      now += 1_000;
    }
    expect(other.entries, 'the other sink').to.have.lengthOf(5_000);
    expect(blocked).to.be.at.most(0.01 * now + 1_000 + takes);
    takes = 0;
    now += 1_000_000;
    log.write('info', 'Last.');
    const missed = heard.map(({ message }) => Number(/it lacks (\d+) entries/.exec(message)?.[1] ?? 0)).reduce((sum, each) => sum + each, 0);
    const written = heard.filter(({ message }) => !message.includes('it lacks'));
    expect(missed + written.length, 'none is unaccounted for').to.equal(5_001);
    expect(heard.at(-1)!.message).to.equal('Last.');
  });

  it('P12 that was slow once or twice, because the machine was busy, misses nothing', () => {
    const log = new Log(source, [slow], { clock });
    for (let i = 0; i < 60; i++) {
      takes = i === 7 || i === 8 ? 450 : 1;
      log.write('info', `Number ${i}.`);
      now += 100;
    }
    expect(heard).to.have.lengthOf(60);
  });

  it('P12 that is a little slow for each of very many entries costs no more', () => {
    const log = new Log(source, [slow], { clock });
    takes = 20;
    let blocked = 0;
    for (let i = 0; i < 100_000; i++) {
      const before = now;
      log.write('info', `Number ${i}.`);
      blocked += now - before;
      now += 1;
    }
    expect(blocked).to.be.at.most(0.01 * now + 1_000 + takes);
  });

  it('P12 during which the machine slept for hours is not passed over for days', () => {
    const log = new Log(source, [slow], { clock });
    takes = 8 * 3_600_000;
    log.write('info', 'Good night.');
    takes = 0;
    now += 1_000_000;
    log.write('info', 'Good morning.');
    expect(heard.map(({ message }) => message)).to.deep.equal(['Good night.', 'Good morning.']);
  });

  it('P12 that returns promises which do not settle is given no more than a thousand entries, until they do', async () => {
    const settle: (() => void)[] = [];
    const never = { write: (entry: LogEntry) => new Promise<void>((resolve) => { heard.push(entry); settle.push(resolve); }) };
    const log = new Log(source, [never], { clock });
    for (let i = 0; i < 5_000; i++) log.write('info', `Number ${i}.`);
    expect(heard).to.have.lengthOf(1_000);
    settle.splice(0, 10).forEach((done) => done());
    await Promise.resolve();
    log.write('info', 'Once more.');
    expect(heard.slice(1_000).map(({ message }) => message)).to.deep.equal(['This log was too slow, and was passed over for a while: it lacks 4000 entries.', 'Once more.']);
  });

  it('P12 that throws, rejects or never settles changes nothing of the service', async () => {
    const memory = new MemoryLog();
    const sinks = [
      { write: () => { throw new Error('no'); } },
      { write: async () => { throw new Error('no'); } },
      { write: () => new Promise<void>(() => undefined) },
      memory,
    ];
    const { service, store, clock: virtual, end } = await bench();
    const log = logService(service, sinks, { clock: virtual });
    store.writeFaults.push({ kind: 'fail', reason: 'permission' });
    expect((await end(service.update('count', 5))).ok).to.equal(false);
    expect((await end(service.update('count', 6))).ok).to.equal(true);
    expect(service.get('count')).to.equal(6);
    expect(service.metrics()).to.include({ successCount: 1, errorCount: 1 });
    expect(memory.entries.map(({ message }) => message)).to.include.members(['Not stored: permission.', 'Stored.']);
    log.dispose();
  });
});
