import { expect } from 'chai';
import { getNodeValue, parseTree, visit } from 'jsonc-parser';
import { StoreError, ValidationError } from '../../src/errors.ts';
import { exportRecording } from '../../src/inspect/recording-export.ts';
import { importRecording, RecordingError } from '../../src/inspect/recording.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { sameData } from '../../src/settings/plain-data.ts';
import { edited, parseJson } from '../../src/store/json-text.ts';
import { memoryMemento } from '../../src/store/memento.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import fc from '../fast-check.ts';
import { definition } from '../unit/service/support.ts';
import { damagedFile, declared, key, leftBehind, recording, settingsFile, value } from './inputs.ts';

export interface Target {
  readonly name: string;
  /** Its share of a thousand cases. */
  readonly share: number;
  readonly property: fc.IRawProperty<unknown>;
}

/** What `work` gives, or `undefined` for the one error it may throw. */
function orError<T>(kind: new (...args: never[]) => Error, work: () => T): { readonly value: T } | undefined {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    return undefined;
  }
}

const unpolluted = (): void => void expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);

function isFrozen(data: unknown): boolean {
  return typeof data !== 'object' || data === null || (Object.isFrozen(data) && Object.values(data).every(isFrozen));
}

const keys = fc.property(key, (asked) => {
  const accepted = orError(ValidationError, () => definition.validateKey(asked)) !== undefined;
  expect(accepted).to.equal(typeof asked === 'string' && declared.includes(asked));
});

const values = fc.property(fc.constantFrom(...definition.keys), value, (name, asked) => {
  const checked = definition.check(name, asked);
  const accepted = orError(ValidationError, () => definition.validate(name, asked));
  unpolluted();
  if (accepted === undefined) return;
  // As asked, or not at all (P22); nobody can change it (P32); and what was written is legal when it is read.
  expect(sameData(accepted.value, asked)).to.equal(true);
  expect(isFrozen(accepted.value)).to.equal(true);
  expect(sameData(JSON.parse(JSON.stringify(accepted.value)), accepted.value)).to.equal(true);
  expect(checked.ok).to.equal(true);
});

function commentsOf(text: string): number {
  let count = 0;
  visit(text, { onComment: () => void count++ });
  return count;
}

/** A member `__proto__` is a member like any other here, and not so for `parse`. */
function dataIn(text: string): object {
  const root = parseTree(text, [], { allowTrailingComma: true });
  return root === undefined ? {} : getNodeValue(root) as object;
}

const edits = fc.property(fc.oneof(settingsFile, settingsFile, damagedFile), fc.constantFrom('test.count', 'test.list', 'other', 'new'), fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }), (text, name, asked) => {
  const before = orError(StoreError, () => parseJson('file', text));
  const after = orError(StoreError, () => edited('file', text, { name }, asked));
  unpolluted();
  // What cannot be read is not written either.
  expect(after !== undefined).to.equal(before !== undefined);
  if (after === undefined) return;
  const [was, is] = [text, after.value].map((each) => new Map(Object.entries(dataIn(each))));
  expect(sameData(is!.get(name), asked === undefined ? undefined : JSON.parse(JSON.stringify(asked)))).to.equal(true);
  for (const each of new Set([...was!.keys(), ...is!.keys()])) if (each !== name) expect(sameData(was!.get(each), is!.get(each)), each).to.equal(true);
  expect(orError(StoreError, () => parseJson('file', after.value))).not.to.equal(undefined);
  // A comment inside a value goes with the value; these files have none there.
  if (before!.value?.type === 'object' && asked !== undefined) expect(commentsOf(after.value)).to.be.at.least(commentsOf(text));
});

const recordings = fc.property(recording, (text) => {
  const read = orError(RecordingError, () => importRecording(text));
  unpolluted();
  if (read === undefined) return;
  for (const { kind, time } of read.value.records) {
    expect(kind).to.be.oneOf(['actor', 'event', 'stop']);
    new Date(time).toISOString();
  }
  expect(importRecording(exportRecording(read.value.records, read.value.recordedAt)).records.length).to.be.at.least(0);
});

/** Whatever an earlier process, or somebody else, has left: the service starts, serves legal values, and ends. */
const starts = fc.asyncProperty(leftBehind, async (left) => {
  const memento = memoryMemento();
  for (const [name, content] of Object.entries(left)) await memento.update(`holdfast.test.${name}`, content);
  const clock = new VirtualClock();
  const service = new ConfigurationService(definition, { store: new MemoryStore(), memento, clock });
  for (const name of definition.keys) expect(definition.check(name, service.get(name)).ok).to.equal(true);
  await clock.run(service.ready);
  for (const name of definition.keys) expect(definition.check(name, service.get(name)).ok).to.equal(true);
  await clock.run(service.dispose());
  expect(clock.pendingTimers()).to.deep.equal([]);
  unpolluted();
});

export const targets: readonly Target[] = [
  { name: 'P50 keys', share: 300, property: keys },
  { name: 'P22 P32 P50 values', share: 310, property: values },
  { name: 'P20 P31 settings files', share: 220, property: edits },
  { name: 'P54 recordings', share: 150, property: recordings },
  { name: 'P11 P30 P40 persisted snapshots', share: 20, property: starts },
];

/** @returns how many cases were tried @throws what fast-check says of the first that fails, shrunk */
export async function fuzz({ share, property }: Target, cases: number, seed: number): Promise<number> {
  const numRuns = Math.ceil((cases * share) / 1_000);
  await fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns, seed });
  return numRuns;
}
