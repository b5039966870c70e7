import type { ObservedService } from './observed-service.ts';
import { member } from './safe-data.ts';

/*
 * Texts without values of settings. Events carry none, but their errors' messages are written by others: an author's
 * listener, or a schema's own message, may quote one.
 */

const masked = '••••••';
/** A shorter text says nothing about where it came from: "1" is everywhere. */
const shortestValue = 3;

/** Without the values of secret settings (P51). */
export function withoutSecrets(service: ObservedService, text: string): string {
  const secret = keysOf(service).filter((key) => attempt(() => service.definition.isSecret(key)) === true);
  return without(text, secret.map((key) => attempt(() => service.get(key))));
}

/** Without the stored values of this setting: for what is said of an illegal one. */
export function withoutStoredValues(service: ObservedService, key: string, text: string): string {
  const layers = attempt(() => service.inspect(key).layers);
  return without(text, layers === undefined ? [] : attempt(() => Object.values(layers)) ?? []);
}

function without(text: string, values: readonly unknown[]): string {
  // The longest first, so that none is left half visible by a part of it.
  const longestFirst = attempt(() => texts(values).sort((a, b) => b.length - a.length));
  if (longestFirst === undefined) return masked;
  let redacted = text;
  for (const value of longestFirst) {
    if (value.length >= shortestValue) redacted = redacted.replaceAll(value, masked);
  }
  return redacted;
}

/** The texts and numbers in plain data. */
function texts(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

function keysOf(service: ObservedService): readonly string[] {
  const keys = member(service.definition, 'keys');
  return Array.isArray(keys) ? (keys as string[]) : [];
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
