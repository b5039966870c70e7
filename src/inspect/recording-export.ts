import superjson from 'superjson';
import { apply, type ActorState, type Moment } from './history.ts';
import { recordingLimits, RecordingError, type Recording } from './recording.ts';
import type { ActorRecord, InspectorRecord } from './records.ts';
import { inOneGo, inTurns } from './turns.ts';

/** Records that are written in one go. */
const atOnce = 100;

/**
 * Writes a recording. It is never longer than what can be read: the oldest records give way to the state they led to.
 * @param base the actors before the first record
 */
export function exportRecording(records: readonly InspectorRecord[], recordedAt: number, base: Iterable<ActorState> = [], limits = recordingLimits): string {
  return inOneGo(write(records, recordedAt, base, limits)).join('');
}

/** The same as UTF-8, in turns. */
export async function exportRecordingGently(records: readonly InspectorRecord[], recordedAt: number, base: Iterable<ActorState>, pause: () => Promise<void>, now?: () => number): Promise<Uint8Array> {
  return inTurns(encoded(write(records, recordedAt, base, recordingLimits)), pause, now);
}

function* encoded(texts: Generator<void, string[]>): Generator<void, Uint8Array> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const text of yield* texts) {
    const part = encoder.encode(text);
    parts.push(part);
    length += part.length;
    yield;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
    yield;
  }
  return whole;
}

/** What superjson makes of the whole, a few records at a time. */
function* write(records: readonly InspectorRecord[], recordedAt: number, base: Iterable<ActorState>, limits: typeof recordingLimits): Generator<void, string[]> {
  const before: Moment = new Map([...base].map((state) => [state.actor, { ...state }]));
  const introductions = (): ActorRecord[] => [...before.values()].filter(({ stopped }) => !stopped)
    .map((state, index) => introduction(state, kept[0]?.time ?? recordedAt, index === 0));
  const head: Omit<Recording, 'records'> = { format: 'holdfast-recording', version: 1, recordedAt };
  const [start, end] = [`${superjson.stringify(head).slice(0, -2)},"records":[`, ']}}'];

  let kept = [...records];
  const give = (count: number): void => {
    for (const record of kept.slice(0, count)) apply(before, record);
    kept = kept.slice(count);
  };
  for (let excess = introductions().length + kept.length - limits.records; excess > 0; excess = introductions().length + kept.length - limits.records) {
    if (kept.length === 0) throw new RecordingError('There are too many actors for a recording.');
    give(excess);
  }

  let parts = yield* textsOf(kept);
  for (;;) {
    const first = (yield* textsOf(introductions())).filter((part) => part !== '');
    const all = [...first, ...parts];
    const length = start.length + end.length + all.reduce((sum, part) => sum + part.length + 1, 0);
    if (length <= limits.length || parts.length === 0) return [start, ...all.map((part, index) => (index === 0 ? part : `,${part}`)), end];
    // A part is `atOnce` records, but for the last.
    const dropped = Math.ceil(parts.length / 4);
    parts = parts.slice(dropped);
    give(dropped * atOnce);
    yield;
  }
}

/** The records, `atOnce` in each text. They are plain data, which superjson writes as JSON does; it takes fifteen times as long. */
function* textsOf(records: readonly InspectorRecord[]): Generator<void, string[]> {
  const texts: string[] = [];
  for (let from = 0; from < records.length; from += atOnce) {
    texts.push(JSON.stringify(records.slice(from, from + atOnce)).slice(1, -1));
    yield;
  }
  return texts;
}

/** All of them are one step. */
function introduction({ actor, name, parent, machine, service, began, states, entered, context }: ActorState, time: number, isFirst: boolean): ActorRecord {
  return { kind: 'actor', number: 0, time, actor, ...(isFirst ? {} : { cause: 0 }), name, parent, machine, service, began, states, entered, context };
}
