/** What a program outside VS Code does with the library. The test runs it as an ES module and as CommonJS. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CircuitOpenError, ConfigurationError, createConfigurationService, createGuard, defineSettings, JsonStore, safePath, StoreError, ValidationError } from 'holdfast';
import { FaultyStore, MemoryStore, verifyStore, VirtualClock } from 'holdfast/testing';
import * as yup from 'yup';

const settings = defineSettings('stranger', {
  size: { schema: yup.number().integer().min(1).defined(), default: 3, description: 'How many.' },
  names: { schema: yup.array(yup.string().defined()).defined(), default: [], description: 'Whose.' },
  folder: { schema: safePath({ relative: true }).max(20), default: '', description: 'Where.' },
});

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stranger-'));
  const file = path.join(folder, 'settings.json');

  const service = createConfigurationService(settings, { store: new JsonStore(settings, { user: file }) });
  await service.ready;
  const size: number = service.get('size');
  assert.equal(size, 3);
  await service.update('size', 5);
  await service.update('names', (names) => [...names, 'one']);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { 'stranger.size': 5, 'stranger.names': ['one'] });
  // @ts-expect-error a number is asked for
  await assert.rejects(service.update('size', 'many'), ValidationError);
  await assert.rejects(service.update('folder', '../up'), ValidationError);
  await service.dispose();
  rmSync(folder, { recursive: true });

  // An error that one door throws is an instance of the class that another exports.
  const faulty = new FaultyStore(new MemoryStore(), new VirtualClock());
  faulty.writeFaults.push({ kind: 'fail', reason: 'permission' });
  const failing = createConfigurationService(settings, { store: faulty });
  await failing.ready;
  await assert.rejects(failing.update('size', 5), (error) => error instanceof StoreError && error.reason === 'permission');
  await failing.dispose();

  const guard = createGuard({ name: 'git', breaker: { threshold: 1 }, retry: { attempts: 1 } });
  await assert.rejects(guard.execute(() => { throw new Error('broken'); }), /broken/);
  await assert.rejects(guard.execute(() => 1), (error) => error instanceof CircuitOpenError && error instanceof ConfigurationError);
  guard.dispose();

  const checks = await verifyStore(() => Promise.resolve({ store: new MemoryStore() }));
  assert.ok(checks.length > 0 && checks.every(({ ok }) => ok));
  console.log('the program ran');
}

void main();
