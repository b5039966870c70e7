import { sameData } from '../settings/plain-data.ts';
import type { Disposable } from '../store/store.ts';
import type { ConfigurationService } from './service.ts';

type Watched = Pick<ConfigurationService, 'definition' | 'get' | 'onDidChangeAny'>;

/** Asks the user whether to restart, because of these settings. Resolves with their answer. */
export type AskForRestart = (keys: readonly string[]) => PromiseLike<boolean>;

/**
 * Asks for a restart when a setting changes that takes effect only after one (`needsRestart`). For each setting it asks
 * once, and not while a question is open: its answer is the answer for all. A setting that has the value again with which the extension
 * has started needs none. Call it when the values are read that the extension starts with.
 *
 * @param onError hears of a question, or a restart, that failed
 */
export function askWhenRestartIsNeeded(service: Watched, ask: AskForRestart, restart: () => unknown, onError: (error: unknown) => void): Disposable {
  const { declarations, keys } = service.definition;
  const atStart = new Map(keys.filter((key) => declarations[key]?.needsRestart === true).map((key) => [key, service.get(key)]));
  if (atStart.size === 0) return { dispose: () => undefined };
  const asked = new Set<string>();
  let question: Promise<void> | undefined;
  const askUser = async (concerned: readonly string[]): Promise<void> => {
    try {
      if (await ask(concerned)) await restart();
    } catch (error) {
      onError(error);
    }
  };
  return service.onDidChangeAny(({ changes }) => {
    const isNews = ({ key, scope, now }: (typeof changes)[number]): boolean => atStart.has(key) && !asked.has(key)
      && !(Object.keys(scope).length === 0 && sameData(now, atStart.get(key)));
    const concerned = [...new Set(changes.filter(isNews).map(({ key }) => key))];
    if (concerned.length === 0 || question !== undefined) return;
    for (const key of concerned) asked.add(key);
    question = askUser(concerned).finally(() => (question = undefined));
  });
}

/** A setting as the Settings editor names it: of `server.maxDelay`, `Server: Max Delay`. */
export function titleOf(key: string): string {
  const words = (part: string): string => part.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/^./, (first) => first.toUpperCase());
  return key.split('.').map(words).join(': ');
}
