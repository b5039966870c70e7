import { cockatielBreaker, cockatielStack, opossum, policy } from '../peers.ts';
import { bytesInUse, countTimers } from '../process.ts';
import { within, type Check, type Row, type Scenario, type Setting } from '../scenario.ts';

async function bytesEach(count: number, make: () => unknown): Promise<number> {
  const kept: unknown[] = new Array<unknown>(count);
  for (let i = 0; i < 10; i++) kept[i] = make();
  const before = await bytesInUse();
  for (let i = 0; i < count; i++) kept[i] = make();
  const bytes = (await bytesInUse() - before) / count;
  return kept.length === count ? bytes : NaN;
}

/** What a second of waiting costs, in milliseconds of processor time: garbage of before is collected first. */
async function busyWhileIdle(): Promise<number> {
  await bytesInUse();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const operation = async (): Promise<number> => 42;

async function figures({ builds, quick }: Setting): Promise<{ rows: Row[]; checks: Check[] }> {
  const count = quick ? 2_000 : 10_000;
  const rows: Row[] = [];
  const checks: Check[] = [];
  const timers = countTimers();
  const note = async (name: string, make: () => unknown, many = count): Promise<number> => {
    const before = timers.pending;
    const bytes = await bytesEach(many, make);
    rows.push({ name, more: { 'B each': bytes, 'timers each': (timers.pending - before) / many } });
    return bytes;
  };
  const nothing = await busyWhileIdle();
  rows.push({ name: 'floor: an empty process, idle for 1 s', more: { 'ms of processor time': nothing } });
  await note('floor: an object with eight members', () => ({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8 }));
  for (const { name, library } of builds) {
    const bytes = await note(name, () => library.createGuard({ name: 'bench' }));
    if (name === 'holdfast') checks.push(within('guard, idle', bytes, 300, 'B'));
    const guards: { dispose(): void }[] = [];
    await note(`${name}, with one success behind it`, () => {
      const guard = library.createGuard({ name: 'bench' });
      void guard.execute(operation);
      guards.push(guard);
      return guard;
    });
    const many = `${count.toLocaleString('en-US')} of those`;
    const busy = await busyWhileIdle();
    rows.push({ name: `${name}: ${many}, idle for 1 s`, more: { 'ms of processor time': busy } });
    if (name === 'holdfast') checks.push(within(`${count.toLocaleString('en-US')} idle guards for 1 s, over an empty process`, busy - nothing, 5, 'ms of processor time'));
    // Their timers go with them, and are not taken for those of others.
    for (const guard of guards) guard.dispose();
    guards.length = 0;
  }
  await note('cockatiel: breaker alone', () => cockatielBreaker(policy));
  await note('cockatiel', () => cockatielStack(policy));
  await note('opossum (no retry)', () => opossum(policy, operation), Math.min(count, 2_000));
  return { rows, checks };
}

const scenario: Scenario = {
  title: 'Idle',
  about: 'Guards that nothing has happened to yet: what each takes once garbage is collected.',
  measure: figures,
};
export default scenario;
