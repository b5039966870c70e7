/**
 * `npm run bench:inspector`: what the recorder of the State Inspector costs for each event, and how a history of
 * 1,000 actors and 100,000 records behaves, in the extension host and in the page (frame times, in headless Chromium).
 *
 * --write  writes the report into docs/performance.md
 */
import * as yup from 'yup';
import { History } from '../src/inspect/history.ts';
import { Recorder, type InspectedActor } from '../src/inspect/recorder.ts';
import { exportRecording } from '../src/inspect/recording-export.ts';
import { importRecording } from '../src/inspect/recording.ts';
import type { InspectorRecord } from '../src/inspect/records.ts';
import { ConfigurationService } from '../src/service/service.ts';
import { defineSettings } from '../src/settings/define-settings.ts';
import { MemoryStore } from '../src/store/memory-store.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';
import { say, writeDocument } from './document.ts';
import { median } from './harness.ts';
import { measurePage, smooth } from './inspector-frames.ts';
import { synthetic } from './inspector-records.ts';
import { printChecks, table } from './report.ts';
import { within, type Row } from './scenario.ts';
import { surroundings } from './surroundings.ts';

const events = 4_000;
const rounds = 9;
const target = 10;

function time(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

const clock = new VirtualClock();
const definition = defineSettings('bench', { count: { schema: yup.number(), default: 1, description: 'A number' } });
const service = new ConfigurationService(definition, { store: new MemoryStore(), clock });
await clock.run(service.ready);
await clock.run(service.update('count', 2));
const breaker = service.supervisor.getSnapshot().children['breaker:user settings'] as unknown as { send(event: object): void; getSnapshot(): { context: { epoch: number } } };
const { epoch } = breaker.getSnapshot().context;

/** Half of them change the context; each is told to the supervisor as well, which makes two events of one. */
function drive(): void {
  for (let i = 0; i < events; i += 2) {
    breaker.send({ type: 'FAILURE', epoch });
    breaker.send({ type: 'SUCCESS', epoch });
  }
}

const without: number[] = [];
const attached: number[] = [];
let recorded = 0;
drive();
// By turns, so that a busy machine is unfair to both alike.
for (let round = 0; round < rounds; round++) {
  without.push(time(drive));
  const recorder = new Recorder(100_000);
  const end = recorder.attach('bench', service.supervisor as unknown as InspectedActor);
  const before = recorder.history.length;
  attached.push(time(drive));
  recorded = recorder.history.length - before;
  end.dispose();
}
const extra = ((median(attached) - median(without)) * 1_000) / recorded;
await clock.run(service.dispose());

const history = new History(100_000);
const source = synthetic();
const records = Array.from({ length: 200_000 }, () => source.next().value as InspectorRecord);
const filling = time(() => records.slice(0, 100_000).forEach((record) => history.add(record))) * 10;
const folding = time(() => records.slice(100_000).forEach((record) => history.add(record))) * 10;
const moment = (index: number): number => median(Array.from({ length: 9 }, () => time(() => history.moment(index))));
let text = '';
const exported = time(() => (text = exportRecording(history.records(), 0, history.base().values())));
const imported = time(() => importRecording(text));

const row = (name: string, value: string): Row => ({ name, more: { '': value } });
say(`node ${process.version}; ${surroundings()}`);
say(`\n### Recorder\n\n${rounds} rounds of ${events.toLocaleString('en-US')} events, medians.\n\n${table([
  row('one event sent, closed', `${((median(without) * 1_000) / events).toFixed(2)} us`),
  row('one event sent, recorder attached', `${((median(attached) * 1_000) / events).toFixed(2)} us`),
  row(`more for each of the ${recorded.toLocaleString('en-US')} events recorded`, `${extra.toFixed(2)} us`),
])}`);
say(`\n### History of 1,000 actors and 100,000 records\n\n${table([
  row('add, while it fills', `${filling.toFixed(0)} ns`),
  row('add, when the oldest is folded', `${folding.toFixed(0)} ns`),
  row('the first moment', `${moment(0).toFixed(2)} ms`),
  row('the moment in the middle', `${moment(50_000).toFixed(2)} ms`),
  row('the last moment', `${moment(99_999).toFixed(2)} ms`),
  row(`export (${(text.length / 1e6).toFixed(1)} MB)`, `${exported.toFixed(0)} ms`),
  row('import', `${imported.toFixed(0)} ms`),
])}`);
const frames = await measurePage();
say(`\n### The page, with 1,000 actors and 100,000 records\n\nTime between two frames, in headless Chromium without a GPU; 16.7 ms is as fast as it goes. Shown after ${frames.shown.toFixed(0)} ms.\n\n${table(frames.rows)}`);
const checks = [within('inspector open, each event recorded', extra, target, 'us'), ...frames.smoothness.map(({ what, median: frame }) => within(`a frame, ${what}`, frame, smooth, 'ms'))];
printChecks(checks);
if (process.argv.includes('--write')) writeDocument('bench:inspector');
process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
