import * as vscode from 'vscode';
import type { StoreError } from '../errors.ts';
import type { SettingScope } from '../settings/declaration.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { settingName } from '../settings/setting-key.ts';
import { isByPolicy } from './policy.ts';
import type { RawSetting, Scope, Target, WriteRequest } from './store.ts';
import { obstructed, sharedBlock } from './vscode-conflict.ts';
import { writeFailure, type WriteFacts } from './vscode-failure.ts';
import { isWorkspaceOpen } from './vscode-files.ts';
import type { FileState } from './vscode-settings-file.ts';

type Place = Omit<WriteRequest, 'value'>;

/** The scope that the manifest of whichever extension declares a setting gives it; nothing when none does. */
function scopeInManifest(name: string): string | undefined {
  for (const { packageJSON } of vscode.extensions.all) {
    const { configuration } = ((packageJSON as { contributes?: { configuration?: unknown } }).contributes ?? {});
    for (const block of [configuration].flat()) {
      const declared = (block as { properties?: Record<string, { scope?: string }> } | undefined)?.properties?.[name];
      if (declared !== undefined) return declared.scope ?? 'window';
    }
  }
  return undefined;
}

/** What VS Code checks before it stores a setting, by facts: those of the definition, the manifests, and the settings file. */
export class SettingChecks {
  readonly #definition: SettingsDefinition;
  readonly #read: (key: string, scope: Scope) => RawSetting;

  /** @param read what VS Code says */
  constructor(definition: SettingsDefinition, read: (key: string, scope: Scope) => RawSetting) {
    this.#definition = definition;
    this.#read = read;
  }

  nameOf(key: string): string {
    return settingName(this.#definition.section, key);
  }

  /** The member of the settings file that holds a value. */
  memberOf({ key, scope: { languageId } }: Place): string {
    return languageId === undefined ? this.nameOf(key) : `[${languageId}]`;
  }

  scopeOf(key: string): SettingScope {
    const { declarations, formerKeys } = this.#definition;
    return declarations[formerKeys.get(key) ?? key]?.scope ?? 'window';
  }

  declaresPolicy(key: string): boolean {
    return this.#definition.declarations[key]?.policy !== undefined;
  }

  /** Why VS Code would not store a value there, whatever the file says. */
  refusal({ key, target, scope, value }: WriteRequest): StoreError | undefined {
    const facts = this.facts({ key, target, scope }, { error: {}, dirty: false, state: undefined, scope: scopeInManifest(this.nameOf(key)) });
    // What is not registered any more can be removed.
    const registered = facts.registered || value === undefined;
    const isRefused = !registered || facts.managed || facts.scopeProblem !== undefined || (target !== 'user' && !facts.workspaceOpen);
    return isRefused ? writeFailure({ ...facts, registered }, undefined) : undefined;
  }

  /** What the file holds in the way of a value: VS Code would store it, and not read it. */
  obstacle({ key, value, target, scope }: WriteRequest, state: FileState): StoreError | undefined {
    if (state.kind !== 'valid') return undefined;
    const name = this.nameOf(key);
    const obstacle = value === undefined ? undefined : state.content.obstacle(name);
    if (obstacle !== undefined) return obstructed({ key, target }, obstacle);
    if (value !== undefined || scope.languageId === undefined) return undefined;
    const block = state.content.strayValues(name, scope.languageId).find(({ kind }) => kind === 'languages');
    return block === undefined ? undefined : sharedBlock({ key, target }, scope.languageId, block);
  }

  /** @param known what VS Code said, and the file, as far as they are known; the scope when it is not the definition's */
  facts({ key, target, scope }: Place, known: Pick<WriteFacts, 'error' | 'dirty'> & { readonly state: FileState | undefined; readonly scope?: string | undefined }): WriteFacts {
    const { error, dirty, state } = known;
    const raw = this.#read(key, scope);
    return {
      key,
      target,
      error,
      registered: raw.layers.size > 0,
      workspaceOpen: isWorkspaceOpen(),
      managed: isByPolicy(this.#definition, key, raw),
      scopeProblem: scopeProblem(known.scope ?? this.scopeOf(key), target, scope),
      dirty,
      fileProblem: state?.kind === 'invalid' ? state.problem : undefined,
      fileIsValid: state?.kind === 'valid',
    };
  }
}

/** Why VS Code will not write a setting of such a scope there. */
function scopeProblem(declared: string, target: Target, scope: Scope): string | undefined {
  if (/^(application|machine|application-machine)$/.test(declared) && target !== 'user') return `A setting of scope "${declared}" can only be stored in the user settings.`;
  if (target === 'folder' && scope.resource === undefined) return 'Folder settings need a resource that tells the folder.';
  if (target === 'folder' && declared === 'window') return 'A setting of scope "window" cannot be stored in folder settings.';
  if (scope.languageId !== undefined && declared !== 'language-overridable') return `A setting of scope "${declared}" cannot be stored for a language.`;
  return undefined;
}
