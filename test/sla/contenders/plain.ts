import type { Contender, Service } from '../contender.ts';
import type { Window } from '../editor.ts';
import { appended, defaults, legal, type Key } from '../settings.ts';

/**
 * As VS Code's own guide has it (https://code.visualstudio.com/api/references/vscode-api#WorkspaceConfiguration):
 * `getConfiguration().get` with a default, and `update`, after a look whether the value is legal.
 */
export class PlainService {
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
  }

  get(key: Key): unknown {
    return this.#window.get(key) ?? defaults[key];
  }

  update(key: Key, value: unknown): Promise<void> {
    if (!legal[key](value)) return Promise.reject(new RangeError(`"${key}" must not be that.`));
    return this.#window.update(key, value);
  }
}

/** The same service, with every update given to `through`, which may make it again. */
export function wrapped(window: Window, through: (update: () => Promise<void>) => Promise<unknown>, dispose: () => void): Service {
  const plain = new PlainService(window);
  return {
    get: (key) => plain.get(key),
    set: (key, value) => through(() => plain.update(key, value)).then(() => 'stored'),
    append: (entry) => through(() => plain.update('recent', appended(plain.get('recent'), entry))).then(() => 'stored'),
    dispose: () => Promise.resolve(dispose()),
  };
}

export const plain: Contender = {
  name: 'plain service',
  version: '',
  start: (window) => wrapped(window, (update) => update(), () => undefined),
  says: () => 'not stored',
};
