/** `node --test`: the store keeps the contract, and a service on it keeps its promises while the server goes away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConfigurationService, defineSettings, StoreError } from 'holdfast';
import { verifyStore } from 'holdfast/testing';
import * as yup from 'yup';
import { HttpStore } from './http-store.ts';
import { SettingsServer } from './settings-server.ts';

const checks = await verifyStore(async (definition) => {
  const server = new SettingsServer();
  const url = await server.listen();
  return { store: new HttpStore(definition, url), cleanUp: () => server.close() };
});
for (const { name, ok, error } of checks) {
  void test(name, () => {
    if (!ok) throw error;
  });
}

const team = defineSettings('team', {
  reviewers: { schema: yup.array(yup.string().defined()).defined(), default: [], description: 'Who is asked for a review.' },
});

void test('two services on one server lose nothing of what the other writes', async () => {
  const server = new SettingsServer();
  const url = await server.listen();
  const services = ['one', 'two'].map(() => createConfigurationService(team, { store: new HttpStore(team, url) }));
  await Promise.all(services.map(({ ready }) => ready));

  await Promise.all(services.flatMap((service, which) => [1, 2, 3].map((n) => service.update('reviewers', (names) => [...names, `${which}.${n}`]))));

  assert.deepEqual([...(server.document['team.reviewers'] as string[])].sort(), ['0.1', '0.2', '0.3', '1.1', '1.2', '1.3']);
  await Promise.all(services.map((service) => service.dispose()));
  await server.close();
});

void test('what somebody else writes is read, and a server that is away is an honest error', async () => {
  const server = new SettingsServer();
  const service = createConfigurationService(team, { store: new HttpStore(team, await server.listen()), guard: { retry: { attempts: 1 } } });
  await service.ready;

  const changed = new Promise((resolve) => service.onDidChange('reviewers', resolve));
  server.document = { 'team.reviewers': ['somebody'] };
  assert.deepEqual(await changed, ['somebody']);

  await server.close();
  await assert.rejects(service.update('reviewers', []), (error) => error instanceof StoreError && error.reason === 'io' && error.retryable);
  assert.deepEqual(service.get('reviewers'), ['somebody']);
  await service.dispose();
});
