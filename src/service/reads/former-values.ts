import type { SettingsDefinition } from '../../settings/define-settings.ts';
import { converted, type Conversion, type FormerSetting } from '../../settings/former.ts';
import { merged } from '../../store/memory-store.ts';
import { layers, targets, type Layer, type RawSetting, type Scope, type Store, type Target } from '../../store/store.ts';

/** A value of an earlier version, as one layer holds it. */
export interface FormerValue {
  readonly layer: Layer;
  /** The key it is stored under: the setting's own when only its values have changed. */
  readonly storedAs: string;
  readonly stored: unknown;
  readonly conversion: Conversion;
  /** Nothing newer takes its place in this layer. */
  readonly isNewest: boolean;
}

/** A setting as it is today: old values stand converted in `layers`, where there are no newer ones. */
export interface ReadSetting extends RawSetting {
  readonly former?: readonly FormerValue[];
}

/** Something that is stored in a form of an earlier version, and can be converted. */
export interface OldSetting {
  readonly key: string;
  /** The key it is stored under: the setting's own when only its values have changed. */
  readonly storedAs: string;
  readonly target: Target;
  /** Its value is in use for this target; else a newer one is, and it is only in the way. */
  readonly honoured: boolean;
  /** Why it cannot be converted, and is not used. */
  readonly problem?: string;
}

/** What the store holds of a setting, with the values of earlier versions in today's form. */
export function readSetting(definition: SettingsDefinition, store: Pick<Store, 'read'>, key: string, scope: Scope): ReadSetting {
  const raw = store.read(key, scope);
  const formerly = definition.declarations[key]?.formerly;
  if (formerly === undefined) return raw;
  const former = formerly.flatMap((each) => valuesOf(definition, store, key, scope, each, raw));
  const newest = former.filter(({ layer }, index) => former.findIndex((other) => other.layer === layer) === index);
  const honoured = newest.filter(({ isNewest }) => isNewest);
  const marked = former.map((each) => ({ ...each, isNewest: honoured.includes(each) }));
  if (honoured.length === 0) return { ...raw, former: marked };
  const today = new Map(raw.layers);
  for (const { layer, conversion } of honoured) {
    if (conversion.ok && conversion.value !== undefined) today.set(layer, conversion.value);
    else if (conversion.ok) today.delete(layer);
  }
  const ordered = new Map(layers.filter((layer) => today.has(layer)).map((layer) => [layer, today.get(layer)]));
  let effective: unknown;
  for (const value of ordered.values()) effective = merged(effective, value);
  return { effective, layers: ordered, former: marked };
}

/** The values that layers hold in one former form, but for defaults: those of an old key say nothing. */
function valuesOf(definition: SettingsDefinition, store: Pick<Store, 'read'>, key: string, scope: Scope, form: FormerSetting, raw: RawSetting): FormerValue[] {
  const storedAs = form.key ?? key;
  const found = storedAs === key ? raw : store.read(storedAs, scope);
  return [...found.layers].flatMap(([layer, stored]) => {
    if (layer === 'default' || layer === 'default-language') return [];
    if (storedAs !== key) return [{ layer, storedAs, stored, conversion: converted(definition, key, form, stored), isNewest: !raw.layers.has(layer) }];
    if (definition.check(key, stored).ok) return [];
    const conversion = converted(definition, key, form, stored);
    // What no conversion understands is no old value, but a mistake.
    return conversion.ok ? [{ layer, storedAs, stored, conversion, isNewest: true }] : [];
  });
}

/** Everything that is stored in a form of an earlier version: for the window, a folder or a language. Throws as `store.read`. */
export function oldSettings(definition: SettingsDefinition, store: Pick<Store, 'read'>, scope: Scope): OldSetting[] {
  return definition.keys.flatMap((key) => targets.flatMap((target) => oldValues(definition, store, key, target, scope).map(({ storedAs, isNewest, conversion }) => ({
    key,
    storedAs,
    target,
    honoured: isNewest && conversion.ok,
    ...(conversion.ok ? {} : { problem: conversion.problem }),
  }))));
}

/** What one target holds of a setting in a form of an earlier version. */
export function oldValues(definition: SettingsDefinition, store: Pick<Store, 'read'>, key: string, target: Target, scope: Scope): readonly FormerValue[] {
  if (definition.declarations[key]?.formerly === undefined) return [];
  const own: Layer = scope.languageId === undefined ? target : `${target}-language`;
  return (readSetting(definition, store, key, scope).former ?? []).filter(({ layer }) => layer === own);
}
