import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { journalFolder } from '../../../src/store/journal-folder.ts';

const section = 'holdfast.app.journal';

/** A process that keeps a journal. */
interface Holder {
  readonly child: ChildProcess;
  readonly lines: Interface;
  takeOver(): Promise<string[]>;
  kill(): Promise<void>;
}

describe('Journals in a folder', () => {
  let folder: string;
  const holders: Holder[] = [];

  beforeEach(() => (folder = path.join(mkdtempSync(path.join(tmpdir(), 'holdfast-journal-')), 'storage', 'journals')));
  afterEach(async () => {
    await Promise.all(holders.splice(0).map((holder) => holder.kill()));
    rmSync(path.dirname(path.dirname(folder)), { recursive: true, force: true });
  });

  async function start(name = section): Promise<Holder> {
    const program = path.join(import.meta.dirname, 'programs/leaves.ts');
    const child = spawn(process.execPath, [program, folder, name], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout);
    const line = (): Promise<string> => new Promise((resolve) => lines.once('line', resolve));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const kept = line();
    const holder: Holder = {
      child, lines,
      takeOver: async () => {
        const answer = line();
        child.stdin.write('now\n');
        return JSON.parse(await answer) as string[];
      },
      kill: () => {
        child.kill('SIGKILL');
        return ended;
      },
    };
    holders.push(holder);
    expect(await kept).to.equal('kept');
    return holder;
  }

  it('P29 what a killed process has left is taken over by one of all that look, and by nobody while it runs', async () => {
    const [left, ...others] = await Promise.all([start(), start(), start()]);
    expect(await Promise.all(others.map((other) => other.takeOver()))).to.deep.equal([[], []]);
    const text = `of ${left.child.pid}`;
    await left.kill();
    const taken = await Promise.all(others.map((other) => other.takeOver()));
    expect(taken.flat()).to.deep.equal([text]);
  });

  it('P29 what was taken over and not told is left again', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    const texts = [`of ${first.child.pid}`, `of ${second.child.pid}`];
    await first.kill();
    expect(await second.takeOver()).to.deep.equal([texts[0]]);
    await second.kill();
    const left = await journalFolder(folder).takeOver!(section);
    expect(left.map(({ text }) => text).sort()).to.deep.equal(texts.sort());
    for (const each of left) await each.forget();
    expect(await journalFolder(folder).takeOver!(section)).to.deep.equal([]);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('the journals of other services stay where they are', async () => {
    const other = await start('holdfast.other.journal');
    await other.kill();
    expect(await journalFolder(folder).takeOver!(section)).to.deep.equal([]);
  });

  it('P29 one from before the machine was started again is left at once, one of another machine after a day', async () => {
    const holder = await start();
    const [entry] = readdirSync(folder) as [string];
    await holder.kill();
    const [prefix, host, , pid, random] = entry.split('-') as [string, string, string, string, string];
    const place = (name: string): string => path.join(folder, name);
    renameSync(place(entry), place(`${prefix}-${host}-00000000-${pid}-${random}`));
    const [restarted] = await journalFolder(folder).takeOver!(section);
    await restarted!.forget();
    const elsewhere = place(`${prefix}-11111111-00000000-${pid}-${random}`);
    writeFileSync(elsewhere, 'of another machine');
    expect(await journalFolder(folder).takeOver!(section)).to.deep.equal([]);
    utimesSync(elsewhere, Date.now() / 1_000 - 90_000, Date.now() / 1_000 - 90_000);
    expect((await journalFolder(folder).takeOver!(section)).map(({ text }) => text)).to.deep.equal(['of another machine']);
  });

  it('P29 one that cannot be read stays for the next start, and keeps nobody from the others', async () => {
    const holder = await start();
    const [entry] = readdirSync(folder) as [string];
    await holder.kill();
    const named = (random: string): string => path.join(folder, entry.replace(/[^-]+$/, `${random}.journal`));
    renameSync(path.join(folder, entry), named('aa'));
    mkdirSync(named('bb'));
    writeFileSync(named('cc'), 'another');
    const left = await journalFolder(folder).takeOver!(section);
    expect(left.map(({ text }) => text).sort()).to.deep.equal(['another', `of ${holder.child.pid}`]);
    for (const each of left) await each.forget();
    expect(readdirSync(folder)).to.deep.equal([path.basename(named('bb'))]);
  });

  it('P29 one that was left long ago is handed out once: who has it runs', async () => {
    const [holder, other] = await Promise.all([start(), start()]);
    await holder.kill();
    const [left] = readdirSync(folder).filter((entry) => entry.split('-')[3] === String(holder.child.pid)) as [string];
    utimesSync(path.join(folder, left), Date.now() / 1_000 - 90_000, Date.now() / 1_000 - 90_000);
    const taken = await journalFolder(folder).takeOver!(section);
    expect([taken.map(({ text }) => text), await other.takeOver(), await journalFolder(folder).takeOver!(section)]).to.deep.equal([[`of ${holder.child.pid}`], [], []]);
  });

  it('what a process was just keeping when it was killed is removed by the next that looks; what others are just keeping stays', async () => {
    const [holder, other] = await Promise.all([start(), start()]);
    const nextOf = ({ child }: Holder): string => `${readdirSync(folder).find((entry) => entry.split('-')[3] === String(child.pid))!}.next`;
    const [left, young] = [nextOf(holder), nextOf(other)];
    for (const name of [left, young]) writeFileSync(path.join(folder, name), '');
    await holder.kill();
    for (const taken of await journalFolder(folder).takeOver!(section)) await taken.forget();
    expect(readdirSync(folder).filter((entry) => entry.endsWith('.next'))).to.deep.equal([young]);
  });

  it('of many that look in the same moment one alone has what was left, also by one that is known to have ended', async () => {
    for (const isRestarted of [false, true]) {
      const holder = await start();
      const text = `of ${holder.child.pid}`;
      const [entry] = readdirSync(folder) as [string];
      await holder.kill();
      if (isRestarted) renameSync(path.join(folder, entry), path.join(folder, entry.replace(/^([^-]+-[^-]+)-[^-]+/, '$1-00000000')));
      // More than Node looks for at once: the last have seen it before the first takes it.
      const taken = await Promise.all(Array.from({ length: 20 }, () => journalFolder(folder).takeOver!(section)));
      expect(taken.flat().map((left) => left.text)).to.deep.equal([text]);
      await taken.flat()[0]!.forget();
    }
  });

  it('P9 a folder that cannot be one says so; a name that leads nowhere is nobody’s journal', async () => {
    const holder = await start();
    const [entry] = readdirSync(folder) as [string];
    await holder.kill();
    const [prefix] = entry.split('-') as [string];
    symlinkSync('nowhere', path.join(folder, `${prefix}-11111111-00000000-1-aa.journal`));
    rmSync(path.join(folder, entry));
    expect(await journalFolder(folder).takeOver!(section)).to.deep.equal([]);
    const file = path.join(folder, 'a file');
    writeFileSync(file, '');
    for (const failing of [journalFolder(file).takeOver!(section), Promise.resolve(journalFolder(file).memento.update(section, 'text'))]) {
      expect(await failing.then(() => 'done', (error: NodeJS.ErrnoException) => error.code)).to.equal('ENOTDIR');
    }
  });

  it('P29 is its own process’s also after the wall clock has jumped forward, or the computer has slept', async () => {
    await journalFolder(folder).memento.update(section, 'mine');
    const { now } = Date;
    try {
      Date.now = () => now() + 3_600_000;
      expect(await journalFolder(folder).takeOver!(section)).to.deep.equal([]);
    } finally {
      Date.now = now;
    }
  });

  it('is its own process’s as long as that runs; what is kept no longer leaves no file', async () => {
    const home = journalFolder(folder);
    expect(await home.takeOver!(section)).to.deep.equal([]);
    await home.memento.update(section, 'first');
    await home.memento.update(section, 'second');
    expect(await journalFolder(folder).takeOver!(section)).to.deep.equal([]);
    expect(readdirSync(folder)).to.have.length(1);
    await home.memento.update(section, undefined);
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
