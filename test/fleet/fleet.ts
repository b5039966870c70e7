import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExportLimits } from '../../src/extension/telemetry-export.ts';
import { Receiver } from '../opentelemetry/receiver.ts';

/** What a process of the fleet is told to do. `report`: and go on. */
export type Order = 'report' | 'end';

export interface ProcessOptions {
  readonly name: string;
  readonly services: number;
  /** Each service is written once in so many milliseconds. */
  readonly every: number;
  readonly endpoint: string;
  readonly limits: Partial<ExportLimits>;
}

/** What a process says of the time since its last report. */
export interface PhaseReport {
  readonly writes: number;
  /** Since the start. */
  readonly allWrites: number;
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
  /** What a person would read in the log. */
  readonly said: readonly string[];
}

export interface FleetOptions {
  readonly processes: number;
  /** In each process. */
  readonly services: number;
  readonly every: number;
  /** Length of each phase, in milliseconds. */
  readonly phase: number;
  readonly limits: Partial<ExportLimits>;
  readonly onPhase?: (phase: Phase) => void;
}

export interface Phase {
  readonly name: string;
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
export async function runFleet({ processes, services, every, phase, limits, onPhase }: FleetOptions): Promise<FleetResult> {
  const receiver = await Receiver.start(false);
  const children = await Promise.all(Array.from({ length: processes }, (_, index) => start({ name: `process ${index}`, services, every, endpoint: receiver.url, limits })));
  const phases: Phase[] = [];
  const close = async (name: string, order: Order): Promise<void> => {
    const reports = await Promise.all(children.map((child) => ask(child, order)));
    phases.push({ name, reports, spans: receiver.spans.length });
    onPhase?.(phases.at(-1)!);
  };
  try {
    await delay(phase);
    await close('warming up', 'report');
    await delay(phase);
    await close('collector up', 'report');
    await receiver.down();
    await delay(phase);
    await close('outage: refused', 'report');
    receiver.answer = 'hang';
    await receiver.up();
    await delay(phase);
    await close('outage: silent', 'report');
    receiver.answer = 200;
    await delay(phase);
    await close('collector back', 'report');
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

async function ask(child: ChildProcess, order: Order): Promise<PhaseReport> {
  const answer = message(child);
  child.send(order);
  return await answer as PhaseReport;
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`A process of the fleet ended with ${code}.`)));
  });
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
