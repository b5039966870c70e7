import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationService } from '../../../src/service/service.ts';
import { lockOf } from '../../../src/store/file-lock.ts';
import { jsonMemento } from '../../../src/store/json-memento.ts';
import { JsonStore } from '../../../src/store/json-store.ts';
import { limits, until } from '../../limits.ts';
import { night } from '../../night.ts';
import { Place } from './json-support.ts';
import { definition } from './programs/definition.ts';

interface Ended {
  readonly signal: unknown;
  readonly printed: string;
  readonly problem: string;
}

/** Starts a program of this folder in a process of its own. */
function start(program: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [path.join(import.meta.dirname, 'programs', program), ...args]);
}

function ended(child: ChildProcess): Promise<Ended> {
  let [printed, problem] = ['', ''];
  child.stdout!.on('data', (text: Buffer) => (printed += text.toString()));
  child.stderr!.on('data', (text: Buffer) => (problem += text.toString()));
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ signal: signal ?? (code || undefined), printed, problem })));
}

const run = (program: string, ...args: string[]): Promise<Ended> => ended(start(program, ...args));

describe('Several processes at one file: JsonStore', () => {
  const place = new Place();
  const stored = (): Record<string, unknown> => JSON.parse(readFileSync(place.user, 'utf8')) as Record<string, unknown>;

  interface Told {
    readonly acknowledged: readonly string[];
    readonly denied: readonly string[];
  }

  const list = (): string[] => stored()['s.list'] as string[] | undefined ?? [];

  /** What was said to each process is what the file says. */
  function check(processes: readonly Awaited<ReturnType<typeof run>>[]): Told {
    for (const { signal, problem } of processes) expect(signal, problem).to.equal(undefined);
    const told = processes.map(({ printed }) => JSON.parse(printed) as Told);
    const acknowledged = told.flatMap((each) => each.acknowledged);
    const denied = told.flatMap((each) => each.denied);
    expect(acknowledged.filter((tag) => !list().includes(tag)), 'acknowledged, and not in the file').to.deep.equal([]);
    expect(denied.filter((tag) => list().includes(tag)), 'said not to be stored, and in the file').to.deep.equal([]);
    expect(list().length, 'nothing twice').to.equal(new Set(list()).size);
    return { acknowledged, denied };
  }

  night.it('F5 F51: what was acknowledged is in the file, however many append to one list, and nothing is refused', async () => {
    writeFileSync(place.user, '{}');
    const { acknowledged } = check(await Promise.all(['a', 'b', 'c', 'd'].map((name) => run('append.ts', place.user, name, '40'))));
    expect(acknowledged).to.have.length(160);
  });

  /** Stops or kills the process in a moment in which it holds the lock. */
  async function interrupt(pid: number, signal: 'SIGSTOP' | 'SIGKILL'): Promise<void> {
    const holder = (): string | undefined => (existsSync(lockOf(place.user)!) ? readFileSync(lockOf(place.user)!, 'utf8') : undefined);
    await until(`process ${pid} holds the lock`, () => {
      const before = holder();
      if (before?.split(' ')[1] !== String(pid)) return false;
      process.kill(pid, 'SIGSTOP');
      if (holder() === before) return true;
      process.kill(pid, 'SIGCONT');
      return false;
    });
    if (signal === 'SIGKILL') process.kill(pid, 'SIGKILL');
  }

  night.it('F5 a process that is killed while it holds the lock holds up nobody, and loses nothing of the others', async () => {
    writeFileSync(place.user, '{}');
    const victim = start('append.ts', place.user, 'victim', '100000');
    await until('it has begun', () => list().length > 2);
    const others = ['a', 'b'].map((name) => run('append.ts', place.user, name, '20'));
    await interrupt(victim.pid!, 'SIGKILL');
    const { acknowledged } = check(await Promise.all(others));
    expect(acknowledged).to.have.length(40);
  });

  night.it('F5 a process that stands still while it holds the lock loses it, and nothing is lost; what it was just writing may be unknown', async () => {
    writeFileSync(place.user, '{}');
    const sleeper = start('append.ts', place.user, 'sleeper', '30', 'Infinity');
    const its = ended(sleeper);
    await until('it has begun', () => list().length > 2);
    await interrupt(sleeper.pid!, 'SIGSTOP');
    const before = list().length;
    const others = await Promise.all(['a', 'b'].map((name) => run('append.ts', place.user, name, '20')));
    expect(list().length, 'the others have gone on').to.equal(before + 40);
    process.kill(sleeper.pid!, 'SIGCONT');
    const { acknowledged } = check([...others, await its]);
    // Where it was stored already, others had built on it before that could be seen.
    expect(acknowledged).to.have.length.within(69, 70);
  });

  /** Adds 10, in this process. */
  async function addTen(begun: () => Promise<void>): Promise<unknown> {
    const service = new ConfigurationService(definition, {
      store: new JsonStore(definition, { user: place.user }), guard: { timeout: limits.product, budget: limits.product },
    });
    await service.ready;
    await begun();
    const { outcome } = await service.update('n1', (n) => n + 10);
    await service.dispose();
    return outcome;
  }

  night.it('F5 a process that stands still after its last look, longer than the lease, cannot bury what was stored meanwhile', async () => {
    writeFileSync(place.user, '{"s.n1": 100}');
    const sleeper = start('interrupted.ts', place.user, 'SIGSTOP');
    const its = ended(sleeper);
    expect(await addTen(() => until('it stands still', () => existsSync(`${place.user}.interrupted`)))).to.equal('stored');
    expect(stored()).to.deep.equal({ 's.n1': 110 });
    process.kill(sleeper.pid!, 'SIGCONT');
    expect(await its).to.deep.equal({ signal: undefined, printed: 'stored\n', problem: '' });
    expect(stored()).to.deep.equal({ 's.n1': 111 });
    expect(readdirSync(place.folder).toSorted()).to.deep.equal(['settings.json', 'settings.json.interrupted']);
  });

  it('F5 the text of a process that was killed while it wrote into the file is completed by the one that takes over its lock', async () => {
    writeFileSync(place.user, '{"s.n1": 100}');
    linkSync(place.user, place.in('another name'));
    expect(await addTen(async () => {
      expect(await run('interrupted.ts', place.user, 'SIGKILL')).to.include({ signal: 'SIGKILL' });
    })).to.equal('stored');
    expect(stored()).to.deep.equal({ 's.n1': 111 });
    expect(readdirSync(place.folder).toSorted()).to.deep.equal(['another name', 'settings.json', 'settings.json.interrupted']);
  });

  it('F52: a process is killed during updateAll: all of it is stored or nothing, and the next process says one thing of it', async () => {
    const before = { 's.n1': 0, 's.n2': 0, 's.n3': 0, 's.n4': 0 };
    const after = { 's.n1': 1, 's.n2': 1, 's.n3': 1, 's.n4': 1 };
    // After each save that there is, until there is no more to be killed at.
    for (let saves = 1, printed = ''; printed === ''; saves++) {
      writeFileSync(place.user, JSON.stringify(before));
      rmSync(`${place.user}.memento`, { force: true });
      ({ printed } = await run('killed.ts', place.user, String(saves)));
      const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user: place.user }), memento: jsonMemento(`${place.user}.memento`) });
      const told = new Set<string>();
      service.onEvent((event) => {
        if (event.type === 'reconciled') told.add(event.outcome);
      });
      await service.ready;
      await service.dispose();
      expect(stored(), `killed after save ${saves}`).to.be.deep.oneOf([before, after]);
      expect([...told], `killed after save ${saves}`).to.be.deep.oneOf([[], ['stored'], ['not stored']]);
    }
  });
});
