import type { ObservedService } from '../../../src/observe/observed-service.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';

/** A service that says what it is told to. */
export class FakeService implements ObservedService {
  readonly id = 'publisher.extension';
  readonly definition = { section: 'nofx', keys: ['name', 'token'], isSecret: (key: string) => key === 'token' };
  values: Record<string, unknown> = { name: 'a name', token: 'the secret' };
  stored: Record<string, unknown> = {};
  queueDepth = 0;
  readonly #listeners = new Set<(event: ServiceEvent) => void>();

  get(key: string): unknown {
    return this.values[key];
  }

  inspect(_key: string): { layers: Record<string, unknown> } {
    return { layers: this.stored };
  }

  breakers(): { queueDepth: number }[] {
    return [{ queueDepth: this.queueDepth }];
  }

  onEvent(listener: (event: ServiceEvent) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  emit(...events: ServiceEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }
}
