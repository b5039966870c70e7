/** What a program does that has no yup: its settings are those of a manifest. The test runs it as an ES module and as CommonJS, and bundled. */
import assert from 'node:assert/strict';
import { createConfigurationService, defineSettings, safePath, settingsFrom, type ServiceOf, type StandardSchema } from 'holdfast';
import { MemoryStore, verifyStore } from 'holdfast/testing';

interface Values {
  size: number;
  names: readonly string[];
}

const settings = settingsFrom<Values>({
  contributes: {
    configuration: { properties: {
      'app.size': { type: 'integer', minimum: 1, default: 3 },
      'app.names': { type: 'array', items: { type: 'string' }, default: ['a'] },
    } },
  },
});

const positive: StandardSchema<number> = {
  '~standard': { version: 1, vendor: 'own', validate: (value) => (typeof value === 'number' && value > 0 ? { value } : { issues: [{ message: 'must be positive' }] }) },
};
const inCode = defineSettings('code', { level: { schema: positive, default: 1, description: 'A number.' } });

async function main(): Promise<void> {
  const service: ServiceOf<typeof settings> = createConfigurationService(settings, { store: new MemoryStore() });
  await service.ready;
  const size: number = service.get('size');
  assert.equal(size, 3);
  await service.update('size', 5);
  await assert.rejects(service.update('size', 0), /must be at least 1/);
  // @ts-expect-error the level is a number
  const level: string = inCode.defaults.level;
  assert.equal(level, 1);
  await service.dispose();
  assert.ok((await verifyStore(() => Promise.resolve({ store: new MemoryStore() }))).every(({ ok }) => ok));
  assert.throws(() => safePath(), /needs the package yup.*npm install yup/);
  console.log('the program ran without yup');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
