import { readFileSync } from 'node:fs';

export type Peer = 'cockatiel' | 'opossum' | 'p-queue' | 'p-retry' | 'p-timeout' | 'effect';

const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', import.meta.url), 'utf8')) as { packages: Record<string, { version: string }> };

/** The version of a peer that is installed, or would be. */
export function versionOf(peer: Peer): string {
  return packages[`node_modules/${peer}`]!.version;
}
