import * as vscode from 'vscode';
import { l10n } from 'vscode';
import * as yup from 'yup';
import { systemClock } from '../clock.ts';
import { ConfigurationService } from '../service/service.ts';
import { defineSettings } from '../settings/define-settings.ts';
import { MemoryBackend, MemoryStore } from '../store/memory-store.ts';
import { FaultyStore } from '../testing/faulty-store.ts';
import type { Registry } from './registry.ts';

/** How long the demo stays broken, and how long it is to be seen healthy again, in milliseconds. */
const pause = 4_000;

const definition = defineSettings('demo', {
  greeting: { schema: yup.string().max(40).defined(), default: 'Hello', description: l10n.t('A text.') },
  volume: { schema: yup.number().integer().min(0).max(11).defined(), default: 5, description: l10n.t('A number.') },
});

let running: Promise<void> | undefined;

/** Breaks a service before the user's eyes and heals it again. It keeps its settings in memory: nobody's files are touched. */
export function demo(registry: Registry): Promise<void> {
  running ??= run(registry).finally(() => (running = undefined));
  return running;
}

async function run(registry: Registry): Promise<void> {
  const store = new FaultyStore(new MemoryStore(new MemoryBackend()), systemClock);
  const service = new ConfigurationService(definition, {
    store,
    guard: { breaker: { threshold: 3 }, retry: { attempts: 1 } },
    probeEvery: 1_000,
  });
  const registration = registry.register(service);
  await vscode.commands.executeCommand('holdfastHealth.focus');
  try {
    await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: l10n.t('Holdfast demo') }, async (progress) => {
      const act = async (message: string, work: () => unknown): Promise<void> => {
        progress.report({ message });
        await work();
        await new Promise((resolve) => setTimeout(resolve, pause));
      };
      await service.ready;
      await act(l10n.t('all is well: a setting is stored.'), () => service.update('volume', 7));
      await act(l10n.t('storage breaks, the circuit breaker opens.'), async () => {
        store.outage('io');
        for (let volume = 1; volume <= 3; volume++) await service.update('volume', volume).catch(() => undefined);
      });
      await act(l10n.t('reads go on (volume {0}), writes are refused.', service.get('volume')), () => service.update('volume', 9).catch(() => undefined));
      await act(l10n.t('storage works, a probe closes the breaker.'), async () => {
        store.heal();
        await service.update('volume', 9, { park: true });
      });
    });
    vscode.window.setStatusBarMessage(l10n.t('Holdfast: the demo has healed, and is over.'), 5_000);
  } finally {
    registration.dispose();
    await service.dispose();
  }
}
