import { createMachine, type setup as xstateSetup } from 'xstate';

/**
 * xstate's `setup`, types included, without the action creators that its result carries along: they would be a twentieth of
 * the guard's bundle. Only `createMachine` of the result is there; `assign` and its like are imported.
 */
export const setup = ((implementations: object) => ({
  createMachine: (config: object) => createMachine(config as never, implementations as never),
})) as unknown as typeof xstateSetup;

/** For `params`: a guard or an action is given the event itself. */
export const theEvent = <E>({ event }: { readonly event: E }): E => event;
