/** What an aborted signal calls back. */
export interface Abortable {
  onAbort(): void;
}

/**
 * One listener per signal, however many calls share it: Node warns at eleven listeners, and each call
 * would pay for adding and removing its own (P14).
 */
const fanouts = new WeakMap<AbortSignal, { readonly members: Set<Abortable>; readonly listener: () => void }>();

export function onAbort(signal: AbortSignal, member: Abortable): void {
  let fanout = fanouts.get(signal);
  if (fanout === undefined) {
    const members = new Set<Abortable>();
    fanout = {
      members,
      listener: () => {
        fanouts.delete(signal);
        for (const each of [...members]) each.onAbort();
      },
    };
    fanouts.set(signal, fanout);
    signal.addEventListener('abort', fanout.listener, { once: true });
  }
  fanout.members.add(member);
}

export function offAbort(signal: AbortSignal, member: Abortable): void {
  const fanout = fanouts.get(signal);
  if (fanout === undefined) return;
  fanout.members.delete(member);
  if (fanout.members.size > 0) return;
  fanouts.delete(signal);
  signal.removeEventListener('abort', fanout.listener);
}
