import type { CallerSignal } from './signals.ts';

/** What an aborted signal calls back. */
export interface Abortable {
  onAbort(): void;
}

/**
 * One listener per signal, however many calls share it: Node warns at eleven listeners, and each call
 * would pay for adding and removing its own (P14).
 */
const fanouts = new WeakMap<CallerSignal, { readonly members: Set<Abortable>; readonly listener: () => void }>();

/** @throws whatever the signal throws when it is listened to; nothing is left behind then */
export function onAbort(signal: CallerSignal, member: Abortable): void {
  const existing = fanouts.get(signal);
  if (existing !== undefined) {
    existing.members.add(member);
    return;
  }
  const members = new Set([member]);
  const listener = (): void => {
    fanouts.delete(signal);
    for (const each of [...members]) each.onAbort();
  };
  // Before listening: the signal may be aborted by that.
  fanouts.set(signal, { members, listener });
  try {
    signal.addEventListener('abort', listener, { once: true });
  } catch (error) {
    fanouts.delete(signal);
    throw error;
  }
}

export function offAbort(signal: CallerSignal, member: Abortable): void {
  const fanout = fanouts.get(signal);
  if (fanout === undefined) return;
  fanout.members.delete(member);
  if (fanout.members.size > 0) return;
  fanouts.delete(signal);
  try {
    signal.removeEventListener('abort', fanout.listener);
  } catch {
    // The listener that stays has nothing to call.
  }
}
