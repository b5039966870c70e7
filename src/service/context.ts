import type { Clock } from '../clock.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import type { Memento } from '../store/memento.ts';
import type { Store } from '../store/store.ts';
import type { ServiceEvent } from './events.ts';
import type { ServiceOptions } from './options.ts';
import type { Origins } from './origins.ts';
import type { Patience } from './patience.ts';
import { Persisted } from './persisted.ts';

/** What the parts of one service share. */
export interface ServiceContext {
  /** For messages: "The configuration of nofx". */
  readonly name: string;
  /** Begins the names of what outlives the process: of a service with several sections it is not that of another one. */
  readonly kept: string;
  readonly definition: SettingsDefinition;
  readonly options: ServiceOptions;
  readonly store: Store;
  readonly memento: Memento;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly origins: Origins;
  emit(event: ServiceEvent): void;
  /** Something of the application's own failed; nothing else is affected. */
  warn(message: string, error: unknown): void;
}

/** The memento could not be read or written. It is told a moment later: while the service is being made, nobody could hear of it. */
export function mementoWarning(context: ServiceContext): (error: unknown) => void {
  return (error) => queueMicrotask(() => context.warn('What outlives the process could not be kept.', error));
}

/** One value of a service that outlives the process. */
export function persisted<T>(context: ServiceContext, name: string): Persisted<T> {
  return new Persisted(context.memento, `${context.kept}.${name}`, mementoWarning(context));
}
