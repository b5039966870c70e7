/**
 * Peers that no package registry of this project has: `npm run conformance -- --by-hand FILE` judges one by the same scenarios, by
 * an adapter outside of the repository, and keeps what was found here.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Peer, Way } from './peer.ts';
import type { Verdict } from './run.ts';

/** What an adapter's file exports by default. */
export interface ByHand {
  readonly peer: Peer;
  /** Of the copy that was judged. */
  readonly commit: string;
}

/** What was found. */
export interface Found {
  readonly name: string;
  readonly version: string;
  readonly ways: readonly Way[];
  readonly commit: string;
  /** When it was judged. */
  readonly date: string;
  readonly verdicts: readonly Verdict[];
}

const file = path.join(import.meta.dirname, 'by-hand.json');

export function byHand(): readonly Found[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Found[] : [];
}

export async function loadAdapter(name: string): Promise<ByHand> {
  return (await import(pathToFileURL(path.resolve(name)).href) as { default: ByHand }).default;
}

/** In place of what was found of this peer before. */
export function keep({ peer: { name, version, ways }, commit }: ByHand, verdicts: readonly Verdict[]): void {
  const found: Found = { name, version, ways, commit, date: new Date().toISOString().slice(0, 10), verdicts: verdicts.map(({ measured: _, ...verdict }) => verdict) };
  const others = byHand().filter((each) => each.name !== name);
  writeFileSync(file, `${JSON.stringify([...others, found], undefined, 2)}\n`);
}
