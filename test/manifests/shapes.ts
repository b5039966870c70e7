import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A package.json, as far as its settings go. */
export interface Shape {
  readonly name: string;
  readonly manifest: { readonly contributes: { readonly configuration: unknown } };
}

const folder = import.meta.dirname;

/** What 21 public extensions declare as their settings: their names, texts and values are replaced. */
export const shapes: readonly Shape[] = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
  .map((name) => ({ name, manifest: JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Shape['manifest'] }));

/** The settings of a manifest, by their whole names: as plainly as it can be done, for comparison. */
export function propertiesOf({ contributes: { configuration } }: Shape['manifest']): Map<string, Record<string, unknown>> {
  const blocks = [configuration].flat() as { readonly properties?: Record<string, Record<string, unknown>> }[];
  return new Map(blocks.flatMap(({ properties = {} }) => Object.entries(properties)));
}
