import type { HealthCheck, HealthReport } from '../service/health.ts';
import type { Scope } from '../store/store.ts';
import type { ErrorFacts } from './error-facts.ts';
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
  const { definition } = service;
  return without(text, () => definition.keys.filter((key) => definition.isSecret(key)).map((key) => service.get(key)));
}

/**
 * An error without them: what it says may be written by an author's store. Names and codes stay: things are decided by them.
 * A store that hangs says nothing itself, so that a timeout counts as injected while there is an injected fault.
 */
export function tellableFacts(service: ObservedService, facts: ErrorFacts): ErrorFacts {
  const { code, message, userAction } = facts;
  const told = (text: string): string => withoutSecrets(service, text);
  const hangs = code === 'TIMEOUT' && member(member(service, 'faults'), 'injected') !== undefined;
  return { ...facts, message: told(message), ...(userAction === undefined ? {} : { userAction: told(userAction) }), ...(hangs ? { injected: true } : {}) };
}

/** A report without them: the `detail` of a check may be what a store said. */
export function tellableReport(service: ObservedService, report: HealthReport): HealthReport {
  const told = ({ status, detail }: HealthCheck): HealthCheck => ({ status, detail: withoutSecrets(service, detail) });
  const { api, access, breaker, resources } = report.checks;
  return { ...report, checks: { api: told(api), access: told(access), breaker: told(breaker), resources: told(resources) } };
}

/** Takes secrets out of texts, for whoever keeps many; `undefined` for a service that has none, as most. */
export function secretRedactor(service: ObservedService): ((text: string) => string) | undefined {
  const { definition } = service;
  return definition.keys.some((key) => definition.isSecret(key)) ? (text) => withoutSecrets(service, text) : undefined;
}

/**
 * Without the stored values of this setting: for what is said of an invalid one.
 * @param scope of which folder or language; default: of the window
 */
export function withoutStoredValues(service: ObservedService, key: string, text: string, scope?: Scope): string {
  return without(text, () => Object.values(service.inspect(key, scope).layers));
}

function without(text: string, values: () => unknown[]): string {
  let forbidden: string[];
  try {
    // The longest first, so that none is left half visible by a part of it.
    forbidden = texts(values()).sort((a, b) => b.length - a.length);
  } catch {
    // What must not be told is not known, so that nothing is.
    return masked;
  }
  let redacted = text;
  for (const value of forbidden) {
    if (value.length >= shortestValue) redacted = redacted.replaceAll(value, masked);
  }
  return redacted;
}

/** The texts and numbers in plain data. */
function texts(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}
