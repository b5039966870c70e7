/** Awaits calls that nothing else keeps the process alive for, and says how they end. */
import { createGuard } from '../../../../src/index.ts';

const guard = createGuard({ name: 'thing', timeout: 100, budget: 1_000, retry: { attempts: 2, initialDelay: 10 } });
const hang = (): Promise<never> => new Promise(() => undefined);
const codeOf = (error: unknown): string => (error as { readonly code: string }).code;
console.log(await guard.execute(hang).catch(codeOf));
// With a deadline of its own.
console.log(await guard.execute(hang, { critical: true }).catch(codeOf));
guard.dispose();
console.log(`${process.listenerCount('beforeExit')} listeners`);

// What ends by itself lets the process end with it, however long it might have taken.
const patient = createGuard({ name: 'thing', timeout: 3_600_000 });
await patient.execute(() => 'at once');
const answer = await patient.execute(() => new Promise((resolve) => {
  setTimeout(() => resolve('in time'), 200).unref();
}));
console.log(answer);

// Nobody waits for ever.
process.once('exit', (code) => console.log(code));
await createGuard({ name: 'thing', timeout: Infinity }).execute(hang);
