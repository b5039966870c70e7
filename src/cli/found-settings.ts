import path from 'node:path';
import { parse, type ParseError } from 'jsonc-parser';
import type { PlainData } from '../settings/plain-data.ts';
import { settingsFrom } from '../settings/settings-from.ts';
import { settingsOf, type ExtensionManifest, type ManifestSetting } from '../settings/manifest-settings.ts';
import { CannotError, readOrNothing, type PackageFile } from './package-file.ts';

/** A setting as the library will know it. */
export interface FoundSetting extends ManifestSetting {
  /** Its whole name. */
  readonly name: string;
  /** Its key in the definition: without the section, if there is one of all. */
  readonly key: string;
  readonly default: PlainData;
}

export interface FoundSettings {
  /** `''`: there are several. */
  readonly section: string;
  readonly settings: readonly FoundSetting[];
  /** The text in the place of a `%placeholder%`. */
  readonly translated: (text: unknown) => string;
}

/** @throws CannotError the manifest has no settings, or none that could be used */
export function foundSettings({ file, folder, manifest }: PackageFile): FoundSettings {
  let definition: ReturnType<typeof settingsFrom>;
  let settings: ReturnType<typeof settingsOf>;
  try {
    definition = settingsFrom(withConfiguration(manifest));
    settings = settingsOf(withConfiguration(manifest));
  } catch (error) {
    throw new CannotError(`${file} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  if (settings.size === 0) throw new CannotError(`${file} contributes no settings.${inWorkspaces(manifest)}`);
  const { section } = definition;
  const defaults = definition.defaults as Readonly<Record<string, unknown>>;
  return {
    section,
    settings: [...settings].map(([name, setting]) => {
      const key = section === '' ? name : name.slice(section.length + 1);
      return { ...setting, name, key, default: defaults[key] as PlainData };
    }),
    translated: translation(folder),
  };
}

/** One without settings is not wrong, as one is with something else in their place. */
function withConfiguration(manifest: ExtensionManifest): ExtensionManifest {
  const { contributes = {} } = manifest as { contributes?: object | null };
  return contributes !== null && typeof contributes === 'object' && !('configuration' in contributes) ? { ...manifest, contributes: { ...contributes, configuration: [] } } : manifest;
}

function inWorkspaces(manifest: object): string {
  return 'workspaces' in manifest ? ' It is the root of workspaces: name the package.json of the extension with --manifest.' : '';
}

function translation(folder: string): FoundSettings['translated'] {
  const errors: ParseError[] = [];
  const text = readOrNothing(path.join(folder, 'package.nls.json'))?.replace(/^\uFEFF/, '') ?? '{}';
  // As VS Code reads it: it may have comments. Where it does not parse, VS Code shows the placeholders.
  const parsed = parse(text, errors, { allowTrailingComma: true }) as unknown;
  const texts = (errors.length === 0 ? Object(parsed) : {}) as Record<string, unknown>;
  const textOf = (placeholder: string, name: string): string => {
    const found = texts[name];
    if (typeof found === 'string') return found;
    const message = Object(found) as { message?: unknown };
    return typeof message.message === 'string' ? message.message : placeholder;
  };
  return (text) => (typeof text === 'string' ? text.replace(/^%(.+)%$/, textOf) : '');
}
