/**
 * What the actors did, as plain data: small enough to send to a page and to keep by the hundred thousand.
 * Times are milliseconds since the Unix epoch.
 */

/** Data that JSON can hold, made by `plain`. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

interface AnyRecord {
  /** Records are numbered in their order, from 1. */
  readonly number: number;
  /** When it was received: never earlier than the record before it, as long as the clock is not put back. */
  readonly time: number;
  readonly actor: string;
  /**
   * The number of the record of what was being handled when this was received, if anything was. A record without a cause
   * begins a step, which goes on up to the next such record; all actors are at rest between two steps.
   */
  readonly cause?: number;
}

/** An actor has come into being, or was there already when the recording began. */
export interface ActorRecord extends AnyRecord {
  readonly kind: 'actor';
  /** Its id within its parent, such as `breaker:user settings`. */
  readonly name: string;
  readonly parent: string | undefined;
  /** The id of its machine, which names its chart. */
  readonly machine: string;
  /** The name of the service it belongs to. */
  readonly service: string;
  /** Ids of the active states. */
  readonly states: readonly string[];
  /** When it began, if that was before the recording. */
  readonly began?: number;
  /** When each active state was entered, if that was before the recording. */
  readonly entered?: Readonly<Record<string, number>>;
  readonly context: Readonly<Record<string, Plain>>;
}

/** An actor has received an event, and this is what came of it. */
export interface EventRecord extends AnyRecord {
  readonly kind: 'event';
  /** The actor that sent it; `undefined` when it came from outside. */
  readonly sender: string | undefined;
  readonly type: string;
  readonly data: Readonly<Record<string, Plain>>;
  /** The transitions that fired, as the chart names them; none when the event was ignored. */
  readonly transitions: readonly string[];
  /** The active states, when they have changed. */
  readonly states?: readonly string[];
  /** The members of the context that have changed. */
  readonly changed?: Readonly<Record<string, Plain>>;
  /** The actor failed with this event: its status is `error`. */
  readonly crashed?: boolean;
}

export interface StopRecord extends AnyRecord {
  readonly kind: 'stop';
}

export type InspectorRecord = ActorRecord | EventRecord | StopRecord;

const maxText = 300;
const maxItems = 50;
const maxDepth = 4;

/**
 * A bounded copy of anything that can be shown: functions are left out, errors are their name and message,
 * long texts and lists are cut. Never throws.
 */
export function plain(value: unknown, depth = 0): Plain | undefined {
  switch (typeof value) {
    case 'string': return value.length > maxText ? `${value.slice(0, maxText)}…` : value;
    case 'boolean': return value;
    case 'number': return Number.isFinite(value) ? value : String(value);
    case 'bigint': return String(value);
    case 'object': break;
    default: return undefined;
  }
  if (value === null) return null;
  if (depth >= maxDepth) return '…';
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`.slice(0, maxText);
    if (Array.isArray(value)) {
      const items = value.slice(0, maxItems).map((item) => plain(item, depth + 1) ?? null);
      return value.length > maxItems ? [...items, `… ${value.length - maxItems} more`] : items;
    }
    // An actor is shown by its id.
    if ('sessionId' in value && 'send' in value) return `actor ${String((value as { id?: unknown }).id)}`;
    return plainMembers(value, depth);
  } catch {
    return '(cannot be read)';
  }
}

/** The members of an object that can be shown. Never throws. */
export function plainMembers(value: object, depth = 0): Record<string, Plain> {
  const result: Record<string, Plain> = {};
  try {
    for (const [name, member] of Object.entries(value).slice(0, maxItems)) {
      const shown = isHarmful(name) ? undefined : plain(member, depth + 1);
      if (shown !== undefined) result[name] = shown;
    }
  } catch {
    return { '…': '(cannot be read)' };
  }
  return result;
}

/** Names that reach into how objects are made; nothing that is shown has them. */
export function isHarmful(name: string): boolean {
  return name === '__proto__' || name === 'constructor' || name === 'prototype';
}

/** A copy with every text replaced. */
export function redacted(value: Plain, redact: (text: string) => string): Plain {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item) => redacted(item, redact));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redacted(member, redact)]));
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}
