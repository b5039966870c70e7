/** `AsyncLocalStorage` is loaded after the guard has been used; what its calls see from then on. */
import { createGuard, type Attempt } from '../../../../src/index.ts';

const guard = createGuard({ name: 'thing', timeout: 20, retry: { attempts: 2, initialDelay: 1 } });
await guard.execute(async () => 'before');
const { AsyncLocalStorage } = await import('node:async_hooks');
const storage = new AsyncLocalStorage<string>();
const operation = ({ number }: Attempt): unknown => (number === 1 ? new Promise(() => undefined) : storage.getStore());
const call = (who: string): Promise<unknown> => storage.run(who, () => guard.execute(operation));
console.log((await Promise.all(['one', 'two'].map(call))).join());
