import * as vscode from 'vscode';
import { tellableReport, withoutStoredValues } from '../observe/redact.ts';
import { member, safeData } from '../observe/safe-data.ts';
import type { Registry } from './registry.ts';
import type { WatchedService } from './watched-service.ts';

/** Everything an extension's author needs to find out what went wrong. Of settings only names, origins and validity: never a value. */
export async function diagnostics(registry: Registry, version: string): Promise<string> {
  const services = await Promise.all(registry.watched.map((watched) => describe(watched)));
  const report = {
    format: 'holdfast-diagnostics',
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    versions: { holdfast: version, vscode: vscode.version, ...host() },
    environment: {
      host: vscode.env.appHost,
      remote: vscode.env.remoteName ?? null,
      trusted: vscode.workspace.isTrusted,
      folders: vscode.workspace.workspaceFolders?.length ?? 0,
    },
    services,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** What runs the extensions: Node, or a browser. */
function host(): { readonly node: string | null; readonly platform: string } {
  if (typeof process === 'object') return { node: process.version, platform: `${process.platform} ${process.arch}` };
  return { node: null, platform: (globalThis as { navigator?: { userAgent: string } }).navigator?.userAgent ?? 'unknown' };
}

async function describe(watched: WatchedService): Promise<unknown> {
  const { service, log, alerts } = watched;
  const bounds = { depth: 8, members: 500, total: 20_000 };
  return {
    id: service.id,
    ...(service.kind === undefined ? {} : { kind: service.kind }),
    section: service.definition.section,
    status: ask(() => service.status),
    health: safeData(await askLater(async () => tellableReport(service, await service.health())), bounds),
    metrics: safeData(ask(() => service.metrics()), bounds),
    breakers: safeData(ask(() => service.breakers()), bounds),
    lifecycle: lifecycle(service.supervisor),
    settings: service.definition.keys.map((key) => setting(watched, key)),
    alerts: safeData(alerts.history, bounds),
    log: safeData(log.entries, bounds),
  };
}

function setting({ service }: WatchedService, key: string): unknown {
  const found = ask(() => service.inspect(key));
  if ('failed' in found) return { key, ...found };
  const problem = member(found, 'problem');
  const layers = member(found, 'layers');
  return {
    key,
    origin: member(found, 'origin'),
    valid: problem === undefined,
    ...(typeof problem === 'string' ? { problem: withoutStoredValues(service, key, problem) } : {}),
    storedIn: typeof layers === 'object' && layers !== null ? Object.keys(layers).filter((layer) => layer !== 'default') : [],
    secret: ask(() => service.definition.isSecret(key)) === true,
  };
}

/** Where the supervisor stands, without what its context refers to. */
function lifecycle(supervisor: unknown): unknown {
  const snapshot = ask(() => (supervisor as { getSnapshot(): unknown }).getSnapshot());
  const context = member(snapshot, 'context');
  return safeData({
    state: member(snapshot, 'value'),
    lifecycle: member(context, 'lifecycle'),
    crashes: member(context, 'crashesEver'),
    breakers: member(context, 'breakers'),
  });
}

function ask<T>(question: () => T): T | { readonly failed: string } {
  try {
    return question();
  } catch {
    return { failed: 'the service could not say' };
  }
}

async function askLater<T>(question: () => Promise<T>): Promise<T | { readonly failed: string }> {
  try {
    return await question();
  } catch {
    return { failed: 'the service could not say' };
  }
}
