import type { RegisteredService } from './api.ts';

/** The settings that hold a value. */
export type Place = 'user' | 'workspace' | 'folder';

const places = ['folder', 'workspace', 'user'] as const satisfies readonly Place[];

/**
 * The settings that hold the value of a setting, or the invalid value that another one is served for; `undefined` when
 * nothing is stored.
 */
export function placeOf({ origin, layers, ignored = [] }: ReturnType<RegisteredService['inspect']>): Place | undefined {
  const holds = (place: Place): boolean => (
    [place, `${place}-language` as const].some((layer) => layers[layer] !== undefined && !ignored.includes(layer))
  );
  return places.find((place) => origin === place || origin === `${place}-language`) ?? places.find(holds);
}
