/** The async context of a caller: what each `AsyncLocalStorage` holds for it. */
export interface CallerContext {
  runInAsyncScope(callback: () => void): void;
}

type AsyncHooks = { readonly AsyncResource: new (type: string, triggerAsyncId: number) => CallerContext };

/** Node's process, with the names of its own modules that have been loaded. A browser has no process, and no async contexts. */
const process = (globalThis as { process?: NodeJS.Process & { readonly moduleLoadList?: readonly string[] } }).process;
const loaded = process?.moduleLoadList;
let looked: number | undefined = -1;
let AsyncResource: AsyncHooks['AsyncResource'] | undefined;

/**
 * The current context, or `undefined` when `AsyncLocalStorage` is not in use. A timer shared by many calls runs in the
 * context of the call that has set it, so each call keeps its own. That costs a tenth of a call, so it is done only once
 * `AsyncLocalStorage` has been loaded, or where Node does not say whether it has.
 */
export function callerContext(): CallerContext | undefined {
  if (loaded?.length !== looked) look();
  return AsyncResource === undefined ? undefined : new AsyncResource('HOLDFAST', 1);
}

function look(): void {
  looked = loaded?.length;
  if (AsyncResource !== undefined || !mayBeUsed()) return;
  AsyncResource = (process?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined)?.AsyncResource;
}

function mayBeUsed(): boolean {
  // In versions of Node with this module, `AsyncLocalStorage` is a module of its own, and loaded when it is first used.
  const tells = loaded?.includes('NativeModule internal/async_context_frame') === true;
  return !tells || loaded.some((name) => name.includes('async_local_storage'));
}
