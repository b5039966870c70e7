import { isHarmful, type InspectorRecord, type Plain } from './records.ts';
import { inOneGo, inTurns } from './turns.ts';

/** A recording as it is kept in a file. */
export interface Recording {
  readonly format: 'holdfast-recording';
  readonly version: 1;
  /** Milliseconds since the Unix epoch. */
  readonly recordedAt: number;
  readonly records: readonly InspectorRecord[];
}

/** What is more is not read: characters (UTF-16 units) of the text, and records. */
export const recordingLimits = { length: 64 * 1024 * 1024, records: 200_000 };
const { length: maxLength, records: maxRecords } = recordingLimits;
const maxDepth = 8;
const maxTexts = 1_000;
/** The farthest from the Unix epoch that a date can be, in milliseconds. */
const maxTime = 8.64e15;
/** Characters that are read in one go, and a record more. */
const atOnce = 32 * 1024;

/** What is wrong with a recording. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/**
 * Reads a recording. It is data and nothing else (P54): every part is checked, and rebuilt from what was checked.
 * @throws RecordingError
 */
export function importRecording(text: string): Recording {
  return inOneGo(read(text));
}

/**
 * The same, in turns.
 * @throws RecordingError
 */
export async function importRecordingGently(text: string, pause: () => Promise<void>, now?: () => number): Promise<Recording> {
  return inTurns(read(text), pause, now);
}

/**
 * The text of a file as editors save it: in UTF-8, with a byte order mark or without, or in UTF-16, which has one.
 * What is not such a text comes out as one that is not a recording.
 */
export function recordingText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

function* read(marked: string): Generator<void, Recording> {
  // Who has read the file as a text may have left the byte order mark in it.
  const text = marked.startsWith('\uFEFF') ? marked.slice(1) : marked;
  if (text.length > maxLength) throw new RecordingError(`The recording is longer than ${maxLength} characters.`);
  const { rest, pieces } = yield* cut(text);
  // superjson's own revival is left aside: a recording holds plain data alone, and its meta part could name anything.
  const raw = (parsed(rest) as { json?: unknown } | null)?.json;
  if (!isObject(raw) || raw['format'] !== 'holdfast-recording') throw new RecordingError('The file is not a recording of Holdfast.');
  if (raw['version'] !== 1) throw new RecordingError(`The recording has version ${typeof raw['version'] === 'number' ? raw['version'] : 'unknown'}; this inspector reads version 1.`);
  const { records: uncut, recordedAt } = raw;
  if (!Array.isArray(uncut) || !isTime(recordedAt)) throw new RecordingError('The recording is damaged: it has no records.');
  const records: InspectorRecord[] = [];
  const take = (some: readonly unknown[]): void => {
    if (records.length + some.length > maxRecords) throw new RecordingError(`The recording has more than ${maxRecords} records.`);
    for (const record of some) records.push(recordOf(record, records.length));
  };
  take(uncut);
  for (const [index, piece] of pieces.entries()) {
    yield;
    take(index === 0 ? parsed(`[${piece}]`) as unknown[] : (parsed(`[0${piece}]`) as unknown[]).slice(1));
  }
  return { format: 'holdfast-recording', version: 1, recordedAt, records };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RecordingError('The file is not JSON.');
  }
}

/** Takes the records out of a text, for `JSON.parse` cannot pause: in pieces of whole records, all but the first with the comma before them. */
function* cut(text: string): Generator<void, { readonly rest: string; readonly pieces: readonly string[] }> {
  const start = /^\s*\{\s*"json"\s*:\s*\{[^[\]{}]*"records"\s*:\s*\[/.exec(text.slice(0, 1_000))?.[0].length;
  const pieces: string[] = [];
  let from = start ?? text.length;
  let depth = 0;
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const mark = text[at]!;
    if (quoted) {
      if (mark === '\\') at++;
      quoted = mark !== '"';
    }
    else if (mark === '"') quoted = true;
    else if (mark === '[' || mark === '{') depth++;
    else if (mark === ']' || mark === '}') depth--;
    if (depth < 0) return { rest: text.slice(0, start) + text.slice(at), pieces: [...pieces, text.slice(from, at)] };
    if (mark !== ',' || quoted || depth > 0 || at - from < atOnce) continue;
    pieces.push(text.slice(from, at));
    from = at;
    yield;
  }
  return { rest: text, pieces: [] };
}

function recordOf(raw: unknown, index: number): InspectorRecord {
  const damaged = (what: string): RecordingError => new RecordingError(`Record ${index + 1} is damaged: ${what}.`);
  if (!isObject(raw)) throw damaged('it is not an object');
  const isThere = (name: string): boolean => raw[name] !== undefined && raw[name] !== null;
  const text = (name: string): string => {
    const value = raw[name];
    if (typeof value !== 'string' || value.length > 2_000) throw damaged(`"${name}" is not a text`);
    return value;
  };
  const optionalText = (name: string): string | undefined => (isThere(name) ? text(name) : undefined);
  const number = (name: string): number => {
    const value = raw[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw damaged(`"${name}" is not a number`);
    return value;
  };
  const texts = (name: string): string[] => {
    const value = raw[name];
    if (!Array.isArray(value) || value.length > maxTexts || !value.every((each) => typeof each === 'string' && each.length <= 2_000)) throw damaged(`"${name}" is not a list of texts`);
    return value;
  };
  const members = (name: string): Record<string, Plain> => {
    const value = raw[name];
    if (!isObject(value)) throw damaged(`"${name}" is not an object`);
    return checked(value, 0, damaged) as Record<string, Plain>;
  };

  const time = (name: string, value = raw[name]): number => {
    if (!isTime(value)) throw damaged(`"${name}" is not a time`);
    return value;
  };
  const times = (name: string): Record<string, number> => {
    const all = Object.entries(members(name));
    if (all.length > maxTexts) throw damaged(`"${name}" has too many members`);
    return Object.fromEntries(all.map(([member, value]) => [member, time(name, value)]));
  };

  const common = { number: number('number'), time: time('time'), actor: text('actor'), ...(isThere('cause') ? { cause: number('cause') } : {}) };
  switch (raw['kind']) {
    case 'actor':
      return {
        kind: 'actor', ...common, name: text('name'), parent: optionalText('parent'), machine: text('machine'), service: text('service'),
        ...(isThere('began') ? { began: time('began') } : {}),
        states: texts('states'),
        ...(isThere('entered') ? { entered: times('entered') } : {}),
        context: members('context'),
      };
    case 'event':
      return {
        kind: 'event', ...common, sender: optionalText('sender'), type: text('type'), data: members('data'), transitions: texts('transitions'),
        ...(raw['states'] === undefined ? {} : { states: texts('states') }),
        ...(raw['changed'] === undefined ? {} : { changed: members('changed') }),
        ...(raw['crashed'] === true ? { crashed: true } : {}),
      };
    case 'stop':
      return { kind: 'stop', ...common };
    default:
      throw damaged('its kind is not known');
  }
}

function checked(value: unknown, depth: number, damaged: (what: string) => RecordingError): Plain {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (depth >= maxDepth) throw damaged('it is nested too deeply');
  if (Array.isArray(value)) return value.map((item) => checked(item, depth + 1, damaged));
  const result = Object.create(null) as Record<string, Plain>;
  for (const [name, member] of Object.entries(value as object)) {
    if (!isHarmful(name)) result[name] = checked(member, depth + 1, damaged);
  }
  return result;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= maxTime;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
