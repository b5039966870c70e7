import { expect } from 'chai';
import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileLog } from '../../../src/observe/file-log.ts';
import type { LogEntry, LogLevel } from '../../../src/observe/log.ts';
import fc from '../../fast-check.ts';
import { skip } from '../../skip.ts';

const entry = (message: string, level: LogLevel = 'info'): LogEntry => ({ timestamp: '2026-01-01T00:00:00.000Z', level, message, instanceId: 'i', service: 's' });

describe('FileLog', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-log-'));
    file = path.join(folder, 'logs/own.log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const linesOf = (name: string): LogEntry[] => readFileSync(name, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as LogEntry);
  /** Oldest first. */
  const files = (): string[] => readdirSync(path.dirname(file)).sort((a, b) => Number(/\d+$/.exec(b)?.[0] ?? 0) - Number(/\d+$/.exec(a)?.[0] ?? 0)).map((name) => path.join(path.dirname(file), name));
  const messages = (): string[] => files().flatMap(linesOf).map(({ message }) => message);

  it('writes a line of JSON for each entry, into a folder that it makes', async () => {
    const log = new FileLog(file);
    log.write(entry('One.'));
    log.write(entry('Two\nlines, "quoted".', 'error'));
    await log.flush();
    expect(linesOf(file)).to.deep.equal([entry('One.'), entry('Two\nlines, "quoted".', 'error')]);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('goes on where an earlier process ended', async () => {
    for (const message of ['One.', 'Two.']) {
      const log = new FileLog(file);
      log.write(entry(message));
      await log.dispose();
    }
    expect(messages()).to.deep.equal(['One.', 'Two.']);
  });

  it('leaves out what is less serious than its level', async () => {
    const log = new FileLog(file, { level: 'warn' });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log.write(entry(level, level));
    await log.flush();
    expect(messages()).to.deep.equal(['warn', 'error']);
    expect(log.lostCount).to.equal(0);
  });

  it('P41 stays within its bounds, whatever is written, and keeps the last entries in their order', async () => {
    const size = fc.integer({ min: 0, max: 400 });
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(size, fc.boolean()), { maxLength: 120 }), fc.integer({ min: 1, max: 4 }), async (writes, maxFiles) => {
      rmSync(path.dirname(file), { recursive: true, force: true });
      const log = new FileLog(file, { maxSize: 1_000, maxFiles });
      for (const [index, [length, wait]] of writes.entries()) {
        log.write(entry(`${index} ${'ü'.repeat(length)}`));
        if (wait) await log.flush();
      }
      await log.dispose();
      expect(log.lostCount).to.equal(0);
      if (writes.length === 0) return;
      expect(files().length).to.be.at.most(maxFiles);
      for (const name of files()) expect(statSync(name).size).to.be.at.most(1_000);
      const numbers = messages().map((message) => Number.parseInt(message, 10));
      expect(numbers).to.deep.equal(Array.from({ length: numbers.length }, (_, index) => writes.length - numbers.length + index));
    }), { numRuns: 40 });
  });

  it('P41 loses what comes faster than the disk, and counts it; nothing grows', async () => {
    const log = new FileLog(file, { maxWaiting: 1_000 });
    for (let i = 0; i < 1_000; i++) log.write(entry(`Number ${i}.`));
    await log.flush();
    expect(messages().length + log.lostCount).to.equal(1_000);
    expect(messages().length).to.be.within(1, 1_000 / 80);
    log.write(entry('There is room again.'));
    await log.flush();
    expect(messages().at(-1)).to.equal('There is room again.');
  });

  it('loses an entry that no file can hold', async () => {
    const log = new FileLog(file, { maxSize: 200 });
    log.write(entry('x'.repeat(200)));
    log.write(entry('Short.'));
    await log.flush();
    expect(messages()).to.deep.equal(['Short.']);
    expect(log.lostCount).to.equal(1);
  });

  it('P12 never throws when the disk refuses: counts, and goes on when it can', async () => {
    writeFileSync(path.join(folder, 'logs'), 'a file where the folder should be');
    const log = new FileLog(file);
    log.write(entry('Lost.'));
    log.write(entry('Lost too.'));
    await log.flush();
    expect(log).to.include({ errorCount: 1, lostCount: 2 });
    expect(log.lastError).to.have.property('code');
    rmSync(path.join(folder, 'logs'));
    log.write(entry('Heard.'));
    await log.flush();
    expect(messages()).to.deep.equal(['Heard.']);
    expect(log.errorCount).to.equal(1);
  });

  it('takes a folder that another process makes in the same moment', async () => {
    const { mkdirSync: mkdir } = fs;
    const replace = (by: typeof mkdir): void => {
      fs.mkdirSync = by;
      syncBuiltinESMExports();
    };
    replace(((made: string) => {
      mkdir(made);
      return mkdir(made);
    }) as typeof mkdir);
    try {
      const log = new FileLog(path.join(folder, 'new/deep/own.log'));
      log.write(entry('Heard.'));
      await log.flush();
      expect(log).to.include({ errorCount: 0, lostCount: 0 });
      expect(existsSync(path.join(folder, 'new/deep/own.log'))).to.equal(true);
    } finally {
      replace(mkdir);
    }
  });

  it('F60 a folder that can never be made holds up nothing: the log counts, and the process can end', async function () {
    if (process.platform !== 'linux') skip(this, 'It needs /proc, in which nothing can be made.');
    const log = new FileLog('/proc/nowhere/at/all.log');
    log.write(entry('Lost.'));
    await log.flush();
    expect(log).to.include({ errorCount: 1, lostCount: 1 });
    expect(log.lastError).to.have.property('code', 'ENOENT');
  });

  it('P12 never throws when it cannot begin a new file', async function () {
    if (process.platform === 'win32') this.skip();
    const log = new FileLog(file, { maxSize: 200, maxFiles: 2 });
    log.write(entry('One.'));
    await log.flush();
    mkdirSync(path.join(`${file}.1`, 'in the way'), { recursive: true });
    log.write(entry('x'.repeat(50)));
    await log.flush();
    expect(log).to.include({ errorCount: 1, lostCount: 1 });
    expect(linesOf(file)).to.deep.equal([entry('One.')]);
  });

  it('begins anew when somebody has taken the file away', async () => {
    const log = new FileLog(file);
    log.write(entry('One.'));
    await log.flush();
    rmSync(path.dirname(file), { recursive: true });
    log.write(entry('Two.'));
    await log.flush();
    expect(messages()).to.deep.equal(['Two.']);
  });

  it('P40 takes nothing more when it has been disposed of', async () => {
    const log = new FileLog(file);
    log.write(entry('One.'));
    const disposed = log.dispose();
    log.write(entry('Late.'));
    await disposed;
    await log.dispose();
    expect(messages()).to.deep.equal(['One.']);
    expect(log.lostCount).to.equal(1);
  });

  it('waits for nothing: the disk is not touched before the turn of the event loop is over', async () => {
    const log = new FileLog(file);
    for (let i = 0; i < 100; i++) log.write(entry(`Number ${i}.`));
    expect(existsSync(file)).to.equal(false);
    await log.flush();
    expect(messages()).to.have.lengthOf(100);
  });
});
