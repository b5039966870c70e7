import { expect } from 'chai';
import superjson from 'superjson';
import { synthetic } from '../../../bench/inspector-records.ts';
import { History, apply, type Moment } from '../../../src/inspect/history.ts';
import { Recorder, type InspectedActor } from '../../../src/inspect/recorder.ts';
import { importRecording, importRecordingGently, recordingText, RecordingError, type Recording } from '../../../src/inspect/recording.ts';
import { exportRecording, exportRecordingGently } from '../../../src/inspect/recording-export.ts';
import type { InspectorRecord } from '../../../src/inspect/records.ts';
import fc from '../../fast-check.ts';
import { bench, leavesNothing } from '../service/support.ts';

const actor: InspectorRecord = { kind: 'actor', number: 1, time: 10, actor: 's/1', name: 'supervisor', parent: undefined, machine: 'supervisor', service: 's', began: 5, states: ['supervisor'], entered: { supervisor: 5 }, context: { a: 1 } };
const event: InspectorRecord = { kind: 'event', number: 2, time: 20, actor: 's/1', sender: 's/2', type: 'E', data: { list: [1, null, { x: 'y' }] }, transitions: ['t'], states: ['supervisor.b'], changed: { a: 2 }, crashed: true };
const stop: InspectorRecord = { kind: 'stop', number: 3, time: 30, actor: 's/1', cause: 2 };

/** A recording, or the one error there may be. */
function read(text: string): ReturnType<typeof importRecording> | undefined {
  try {
    return importRecording(text);
  } catch (error) {
    expect(error, String(error)).to.be.instanceOf(RecordingError);
    return undefined;
  }
}

const same = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('Recordings', () => {
  leavesNothing();

  it('a recording of a real service comes back as it was', async () => {
    const made = await bench();
    const recorder = new Recorder(1_000, () => made.clock.wallTime());
    const attached = recorder.attach('test', made.service.supervisor as unknown as InspectedActor);
    await made.openBreaker();
    attached.dispose();
    const { records, recordedAt } = importRecording(exportRecording(recorder.history.records(), 1_000));
    expect(recordedAt).to.equal(1_000);
    expect(same(records)).to.deep.equal(same(recorder.history.records()));
  });

  it('F17 opens after an editor has saved it, with a byte order mark, in UTF-8 or UTF-16', () => {
    const text = exportRecording([actor, { ...event, data: { text: 'größer → ∞' } }, stop], 1_000);
    const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
    const saved = { 'UTF-8': Buffer.from(text), 'UTF-8 with BOM': Buffer.from(`\uFEFF${text}`), 'UTF-16 LE': utf16, 'UTF-16 BE': Buffer.from(utf16).swap16() };
    for (const [encoding, bytes] of Object.entries(saved)) expect(same(read(recordingText(bytes))?.records), encoding).to.deep.equal(same(importRecording(text).records));
    // Whoever reads it as UTF-8 may keep the mark.
    expect(same(importRecording(saved['UTF-8 with BOM'].toString('utf8')))).to.deep.equal(same(importRecording(text)));
    for (const bytes of [[], [0xff, 0xfe], [0xfe, 0xff, 0x00], [0xff, 0xfe, 0xd8]]) expect(read(recordingText(Uint8Array.from(bytes)))).to.equal(undefined);
  });

  it('F63 since when an actor runs comes back, also of one whose first records were folded', () => {
    const history = new History(1);
    const known: InspectorRecord = { ...actor, time: 50, began: 10, entered: { supervisor: 20 } };
    for (const record of [known, { ...event, time: 60, states: ['supervisor', 'supervisor.b'] }, { kind: 'event', number: 3, time: 70, actor: 's/1', sender: undefined, type: 'E', data: {}, transitions: [] }] as InspectorRecord[]) history.add(record);
    const { records } = importRecording(exportRecording(history.records(), 100, history.base().values()));
    const moment: Moment = new Map();
    for (const record of records) apply(moment, record);
    expect(moment.get('s/1')).to.deep.include({ began: 10, entered: { 'supervisor': 20, 'supervisor.b': 60 }, since: 60 });
    expect(records.map(({ time }) => time)).to.deep.equal([70, 70]);
    for (const [name, damage] of [['began', 'x'], ['entered', { a: 'x' }], ['entered', []], ['entered', Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [index, 0]))]] as const) {
      expect(() => importRecording(exportRecording([{ ...actor, [name]: damage }], 0)), name).to.throw(RecordingError, `"${name}"`);
    }
  });

  it('F62 what was folded is one step, as it was', () => {
    const history = new History(1);
    const others = [2, 3].map((number) => ({ ...actor, number, actor: `s/${number}` }));
    for (const record of [actor, ...others, stop, { ...event, actor: 's/2' }]) history.add(record);
    const { records } = importRecording(exportRecording(history.records(), 0, history.base().values()));
    expect(records.map(({ kind, cause }) => [kind, cause])).to.deep.equal([['actor', undefined], ['actor', 0], ['event', undefined]]);
    expect(importRecording(exportRecording([actor, { ...event, cause: 1 }], 0)).records[1]!.cause).to.equal(1);
  });

  it('is what superjson writes, and superjson reads it', () => {
    const source = synthetic();
    const records = Array.from({ length: 1_234 }, () => source.next().value as InspectorRecord).map((record) => same(record) as InspectorRecord);
    const text = exportRecording(records, 1_000);
    const recording = { format: 'holdfast-recording', version: 1, recordedAt: 1_000, records };
    expect(text).to.equal(superjson.stringify(recording));
    expect(superjson.parse(text)).to.deep.equal(recording);
    const none = exportRecording([], 1_000);
    expect(none).to.equal(superjson.stringify({ ...recording, records: [] }));
  });

  it('can be made in many short turns, of a hundred records at most, and is the same', async () => {
    const source = synthetic();
    const history = new History(20_000);
    for (let i = 0; i < 30_000; i++) history.add(source.next().value as InspectorRecord);
    let turns = 0;
    const pause = async (): Promise<void> => void turns++;
    const make = (now: () => number): Promise<Uint8Array> => exportRecordingGently(history.records(), 1_000, history.base().values(), pause, now);
    // Each step takes ten milliseconds, by this clock.
    let time = 0;
    const bytes = await make(() => (time += 10));
    expect(Buffer.from(bytes).toString()).to.equal(exportRecording(history.records(), 1_000, history.base().values()));
    // They are written, encoded, and put together.
    expect(turns).to.be.at.least(3 * 200);
    turns = 0;
    expect(await make(() => 0)).to.deep.equal(bytes);
    expect(turns, 'in no time').to.equal(0);
  });

  it('can be read in many short turns, and is the same, however its JSON is written', async () => {
    const source = synthetic();
    const records = [...Array.from({ length: 5_000 }, () => source.next().value as InspectorRecord), { ...event, data: { text: '"}],[{\\' }, type: '\\' }] as InspectorRecord[];
    const text = exportRecording(records, 1_000);
    let turns = 0;
    const make = (written: string): Promise<Recording> => importRecordingGently(written, async () => void turns++, () => (turns += 10));
    const { json } = JSON.parse(text) as { json: object };
    for (const written of [text, JSON.stringify({ json }, null, 2), JSON.stringify({ json: { ...json, other: [1, { records: [2] }] }, meta: {} })]) {
      turns = 0;
      expect(same((await make(written)).records)).to.deep.equal(same(records));
      // They are cut, and read.
      expect(turns).to.be.at.least(2 * 20);
    }
    // Its records are not where they are looked for.
    for (const written of [JSON.stringify({ meta: {}, json }), text.replace('"records"', '"\\u0072ecords"')]) expect(same((await make(written)).records)).to.deep.equal(same(records));
  });

  it('P54 is refused when its JSON is broken, wherever that is', () => {
    const source = synthetic();
    const text = exportRecording(Array.from({ length: 5_000 }, () => source.next().value as InspectorRecord), 1_000);
    const middle = text.indexOf('},{', text.length / 2) + 1;
    for (const broken of [
      text.replace('[{', '[,{'), text.replace(/\]\}\}$/, ',]}}'), text.slice(0, -1), text.slice(0, -3), text.slice(0, middle), `${text}]`,
      ...[',', ']', '}', '[', '{', '"', ',]', ',0'].map((wrong) => `${text.slice(0, middle)}${wrong}${text.slice(middle)}`),
    ]) expect(() => importRecording(broken), `${broken.slice(0, 100)} … ${broken.slice(-10)}`).to.throw(RecordingError);
  });

  it('what was folded before the first record is in it as well', () => {
    const history = new History(2);
    for (const record of [actor, event, { ...event, number: 3 }, { ...event, number: 4, time: 40, changed: { b: 3 } }] as InspectorRecord[]) history.add(record);
    const { records } = importRecording(exportRecording(history.records(), 0, history.base().values()));
    const moment: Moment = new Map();
    for (const record of records) apply(moment, record);
    expect(moment.get('s/1')!.context).to.deep.equal({ a: 2, b: 3 });
  });

  it('P54 is never longer than what can be read: the oldest records give way', () => {
    const records = [actor, ...Array.from({ length: 500 }, (_, index) => ({ ...event, number: index, changed: { a: index } }))] as InspectorRecord[];
    const few = importRecording(exportRecording(records, 0, [], { length: 1e9, records: 100 }));
    expect(few.records).to.have.length(100);
    const text = exportRecording(records, 0, [], { length: 20_000, records: 1e9 });
    expect(text.length).to.be.at.most(20_000);
    for (const kept of [few.records, importRecording(text).records]) {
      expect(kept[0]!.kind).to.equal('actor');
      const moment: Moment = new Map();
      for (const record of kept) apply(moment, record);
      expect(moment.get('s/1')!.context['a']).to.equal(499);
    }
  });

  it('P54 a file that is too long is not read', () => {
    expect(() => importRecording(' '.repeat(64 * 1024 * 1024 + 1))).to.throw(RecordingError, 'longer than');
    const many = JSON.stringify({ json: { format: 'holdfast-recording', version: 1, recordedAt: 0, records: Array.from({ length: 200_001 }, () => stop) } });
    expect(() => importRecording(many)).to.throw(RecordingError, 'more than');
  });

  it('P54 any text gives a recording or a RecordingError', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map((json) => `{"json":${json}}`)), (text) => void read(text)));
    for (const text of ['', 'null', '1', '"x"', '[]', '{}', '{"json":null}', '['.repeat(200_000), '{"json":'.repeat(50_000)]) expect(read(text), text.slice(0, 20)).to.equal(undefined);
  });

  it('P54 damage anywhere gives a recording or a RecordingError, and what is read is sound', () => {
    const whole = JSON.parse(exportRecording([actor, event, stop], 5)) as { json: { records: Record<string, unknown>[] } };
    const evil = fc.oneof(
      fc.jsonValue(), fc.constantFrom<unknown>(1e400, -1e400, { toString: 1, valueOf: 1 }, 'x'.repeat(3_000), Array.from({ length: 2_000 }, () => 'x'), { a: { a: { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } } } }),
      fc.constant(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"then":"x"}') as unknown),
    );
    const paths = ['format', 'version', 'recordedAt', 'records', ...whole.json.records.flatMap((record, index) => ['', ...Object.keys(record)].map((name) => `records.${index}.${name}`))];
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), fc.option(evil)), { minLength: 1, maxLength: 3 }), (damages) => {
      const damaged = structuredClone(whole) as never as { json: Record<string, unknown> };
      for (const [path, value] of damages) {
        const [first, index, name] = path.split('.') as [string, string?, string?];
        const records = damaged.json['records'] as Record<string, unknown>[] | undefined;
        const record = records?.[Number(index)];
        const [target, key] = index === undefined ? [damaged.json, first] : name === '' ? [records as never, index] : [record, name!];
        if (typeof target !== 'object' || target === null) continue;
        if (value === null) delete target[key];
        else target[key] = structuredClone(value);
      }
      const recording = read(JSON.stringify(damaged).replaceAll('null', '1e400'));
      if (recording === undefined) return;
      const moment: Moment = new Map();
      for (const record of recording.records) {
        expect(record.kind).to.be.oneOf(['actor', 'event', 'stop']);
        expect(() => new Date(record.time).toISOString()).not.to.throw();
        apply(moment, record);
      }
      for (const { context } of moment.values()) expect((context as { polluted?: unknown }).polluted).to.equal(undefined);
      expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
      exportRecording(recording.records, recording.recordedAt);
    }), { numRuns: 1_000 });
  });

  it('P54 nothing in it is executed: what superjson would revive stays data', () => {
    const text = JSON.stringify({
      json: { format: 'holdfast-recording', version: 1, recordedAt: 0, records: [{ ...event, data: { a: 'x', toJSON: 'y', then: 'z' } }] },
      meta: { values: { 'records.0.data.a': ['Error'], 'records.0': [['class', 'Function']], '__proto__.x': ['undefined'] }, referentialEqualities: { 'records.0': ['__proto__.polluted'] } },
    });
    const { records } = importRecording(text);
    expect(same(records[0])).to.deep.include({ data: { a: 'x', toJSON: 'y', then: 'z' } });
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
  });
});
