import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { ExportLimits } from '../../src/extension/telemetry-export.ts';
import { Receiver } from '../opentelemetry/receiver.ts';

/** What a process of the fleet is told to do. `look` says how far it is, `report` begins the next phase. */
export type Order = 'look' | 'report' | 'end';

export interface ProcessOptions {
  readonly name: string;
  readonly services: number;
  /** Each service is written once in so many milliseconds. */
  readonly every: number;
  readonly endpoint: string;
  readonly limits: Partial<ExportLimits>;
}

/** What a process has done since its start. */
export interface Progress {
  readonly allWrites: number;
  /** What a person would read in the log. */
  readonly said: readonly string[];
}

/** What a process says of the time since its last report. */
export interface PhaseReport extends Progress {
  readonly writes: number;
  readonly failed: number;
  /** Reads that gave another value than the one stored last. */
  readonly wrong: number;
  /** Of the writes, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** One read, in nanoseconds. */
  readonly read: number;
  /** Bytes, after a collection. */
  readonly heap: number;
}

export const phaseNames = ['warming up', 'collector up', 'outage: refused', 'outage: silent', 'collector back'] as const;
export type PhaseName = (typeof phaseNames)[number];

/** How far the fleet is. */
export interface FleetProgress {
  readonly processes: readonly Progress[];
  /** Exports that have come to the collector. */
  readonly requests: number;
}

export interface FleetOptions {
  readonly processes: number;
  /** In each process. */
  readonly services: number;
  readonly every: number;
  /** Resolves when a phase is over. */
  readonly lasts: (phase: PhaseName, look: () => Promise<FleetProgress>) => Promise<void>;
  readonly limits: Partial<ExportLimits>;
  readonly onPhase?: (phase: Phase) => void;
}

export interface Phase {
  readonly name: PhaseName | 'end';
  readonly reports: readonly PhaseReport[];
  /** What the collector had received in all by then. */
  readonly spans: number;
}

export interface FleetResult {
  readonly phases: readonly Phase[];
  /** Writes that have ended: each is a span. */
  readonly writes: number;
  readonly failed: number;
  readonly wrong: number;
  /** Spans that the collector has received. */
  readonly received: number;
  /** Spans that are lost, as the processes have told the collector afterwards, by cause. */
  readonly reported: Readonly<Record<string, number>>;
  readonly said: readonly string[];
}

/** Runs a fleet through an outage of its collector: it refuses connections, then it takes them and is silent. */
export async function runFleet({ processes, services, every, lasts, limits, onPhase }: FleetOptions): Promise<FleetResult> {
  const receiver = await Receiver.start(false);
  const children = await Promise.all(Array.from({ length: processes }, (_, index) => start({ name: `process ${index}`, services, every, endpoint: receiver.url, limits })));
  const phases: Phase[] = [];
  const look = async (): Promise<FleetProgress> => ({ processes: await askAll(children, 'look'), requests: receiver.requests });
  const close = async (name: Phase['name'], order: 'report' | 'end'): Promise<void> => {
    phases.push({ name, reports: await askAll(children, order) as PhaseReport[], spans: receiver.spans.length });
    onPhase?.(phases.at(-1)!);
  };
  const begin: Partial<Record<PhaseName, () => Promise<void> | void>> = {
    'outage: refused': () => receiver.down(),
    'outage: silent': () => {
      receiver.answer = 'hang';
      return receiver.up();
    },
    'collector back': () => { receiver.answer = 200; },
  };
  try {
    for (const name of phaseNames) {
      await begin[name]?.();
      await lasts(name, look);
      await close(name, 'report');
    }
    await close('end', 'end');
  } finally {
    for (const child of children) child.kill();
    await receiver.stop();
  }
  const last = phases.at(-1)!.reports;
  return {
    phases,
    writes: sum(last.map(({ allWrites }) => allWrites)),
    failed: sum(last.map(({ failed }) => failed)),
    wrong: sum(last.map(({ wrong }) => wrong)),
    // An exporter that has waited in vain for an answer sends the same again.
    received: new Set(receiver.spans.map(({ id }) => id)).size,
    reported: lossesReported(receiver),
    said: last.flatMap(({ said }) => said),
  };
}

/** From the SDK's own counters, which came with the other metrics. */
function lossesReported(receiver: Receiver): Record<string, number> {
  const losses: Record<string, number> = {};
  for (const { name, points } of receiver.metrics.values()) {
    if (name !== 'otel.sdk.processor.span.processed') continue;
    for (const { attributes, value } of points) {
      const cause = attributes['error.type'];
      if (typeof cause === 'string') losses[cause] = (losses[cause] ?? 0) + (value ?? 0);
    }
  }
  return losses;
}

async function start(options: ProcessOptions): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'process.ts'), [JSON.stringify(options)]);
  await message(child);
  return child;
}

/** Resolves to what each says: progress to `look`, a report to the others. */
async function askAll(children: readonly ChildProcess[], order: Order): Promise<Progress[]> {
  return Promise.all(children.map(async (child) => {
    const answer = message(child);
    child.send(order);
    return await answer as Progress;
  }));
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`A process of the fleet ended with ${code}.`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer);
    });
  });
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
