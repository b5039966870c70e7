import { sameData } from '../settings/plain-data.ts';
import { settingName } from '../settings/setting-key.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { merged } from './memory-store.ts';
import { isByPolicy } from './policy.ts';
import { layers, type Layer, type RawSetting, type Scope, type Target } from './store.ts';
import type { SettingsFiles } from './vscode-files.ts';
import type { SettingsFile } from './vscode-settings-file.ts';

/** What VS Code says. */
type Read = (key: string, scope: Scope) => RawSetting;

/** A value that VS Code has shown, and that its file held. */
interface ShownValue {
  readonly key: string;
  readonly languageId: string | undefined;
  readonly value: unknown;
}

/** VS Code hears of a change outside within 2.5 s. It is believed after this long, whatever the file says, in milliseconds. */
const believedAfter = 10_000;

/**
 * Tells what a settings file says from what VS Code has read while another program was writing it.
 *
 * VS Code reads an empty file as one that holds nothing, and of a file that is cut off what there is: half a list. It
 * says so at once. Where a file is not whole, or holds something else than VS Code shows of it, VS Code is not believed:
 * what it showed before is read meanwhile, as it stands in the file by then.
 */
export class ShownValues {
  readonly #definition: SettingsDefinition;
  readonly #files: SettingsFiles;
  readonly #read: Read;
  readonly #onBelieved: () => void;
  readonly #shown = new Map<SettingsFile, readonly ShownValue[]>();
  /** The files of which VS Code is not believed, with what was found in them last. */
  readonly #doubted = new Map<SettingsFile, SettingsFile['content']>();
  /** What VS Code says of files, by key, language and file: until it says that this has changed. */
  readonly #said = new Map<string, Map<string, unknown>>();
  #revision = 0;
  /** Those that are whole all the same: when VS Code is believed. */
  readonly #believed = new Map<SettingsFile, ReturnType<typeof setTimeout>>();

  /**
   * @param onBelieved VS Code goes on saying something else than the file, and is believed
   */
  constructor(definition: SettingsDefinition, files: SettingsFiles, read: Read, onBelieved: () => void) {
    this.#definition = definition;
    this.#files = files;
    this.#read = read;
    this.#onBelieved = onBelieved;
  }

  /** Another number after each change of what is in doubt: any value may be another then. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * What VS Code says, but for what it says of files in doubt.
   * @param note is given what VS Code says
   */
  read(key: string, scope: Scope, note: (raw: RawSetting) => void): RawSetting {
    const raw = this.#read(key, scope);
    note(raw);
    if (this.#doubted.size === 0) return raw;
    const held = new Map(raw.layers);
    for (const file of this.#doubted.keys()) {
      if (file.target === 'folder' && this.#files.of(key, 'folder', scope) !== file) continue;
      this.#overlay(held, file, key, undefined);
      if (scope.languageId !== undefined) this.#overlay(held, file, key, scope.languageId);
    }
    const ordered = new Map(layers.filter((layer) => held.has(layer)).map((layer) => [layer, held.get(layer)]));
    let effective: unknown;
    for (const value of ordered.values()) effective = merged(effective, value);
    return { effective: isByPolicy(this.#definition, key, raw) ? raw.effective : effective, layers: ordered };
  }

  #overlay(held: Map<Layer, unknown>, file: SettingsFile, key: string, languageId: string | undefined): void {
    const layer = layerOf(file.target, languageId);
    const shown = this.#shown.get(file)?.find((each) => each.key === key && each.languageId === languageId);
    const isSaid = ({ content }: SettingsFile): boolean => sameData(content?.valueOf(this.#nameOf(key), languageId), held.get(layer));
    if (shown !== undefined) held.set(layer, shown.value);
    // What a file has said, this one or the other of its target, is no part of what is cut off.
    else if (![file, ...this.#files.besides(file)].some(isSaid)) held.delete(layer);
  }

  /** VS Code says that something has changed. @param keys of these settings; default: of any */
  review(keys?: readonly string[]): void {
    for (const key of keys ?? [...this.#said.keys()]) this.#said.delete(key);
    for (const file of this.#shown.keys()) {
      const look = file.lookNow();
      if (look === 'stands still') this.onLook(file);
      else if (look === 'in flux' || file.isBroken || this.#hasMoved(file)) this.#doubt(file);
      else this.#endDoubt(file);
    }
  }

  /** The file has been looked at, and stands still. */
  onLook(file: SettingsFile): void {
    const before = this.#shown.get(file) ?? [];
    const now = before.map((each) => ({ ...each, value: file.content?.valueOf(this.#nameOf(each.key), each.languageId) }));
    if (now.every((each) => sameData(this.#says(file, each), each.value))) return this.note(file);
    // It has not noticed yet.
    if (!this.#hasMoved(file)) return;
    // Perhaps it reads another file.
    if (!file.isInUse && !this.#doubted.has(file)) return this.note(file);
    this.#doubt(file);
    this.#shown.set(file, now.filter(({ value }) => value !== undefined));
    if (!this.#believed.has(file)) this.#believed.set(file, setTimeout(() => this.#believe(file), believedAfter));
  }

  #believe(file: SettingsFile): void {
    this.#believed.delete(file);
    // Of a file that cannot be read VS Code shows a part; what it held is read on.
    if (file.isBroken) return;
    this.note(file);
    this.#onBelieved();
  }

  #doubt(file: SettingsFile): void {
    if (this.#doubted.has(file) && this.#doubted.get(file) === file.content) return;
    this.#doubted.set(file, file.content);
    this.#revision++;
  }

  #endDoubt(file: SettingsFile): void {
    if (this.#doubted.delete(file)) this.#revision++;
    clearTimeout(this.#believed.get(file));
    this.#believed.delete(file);
  }

  dispose(): void {
    for (const file of [...this.#doubted.keys()]) this.#endDoubt(file);
  }

  /** What VS Code shows of a file is what it holds. */
  note(file: SettingsFile): void {
    this.#endDoubt(file);
    const { content } = file;
    if (content === undefined || content.isEmpty) {
      this.#shown.delete(file);
      return;
    }
    const { keys, formerKeys } = this.#definition;
    const shown = [undefined, ...content.languages].flatMap((languageId) => [...keys, ...formerKeys.keys()].flatMap((key) => {
      const value = content.valueOf(this.#nameOf(key), languageId);
      return value !== undefined && sameData(this.#says(file, { key, languageId }), value) ? [{ key, languageId, value }] : [];
    }));
    // Another file may hold the same. That it has changed in the same way is no chance.
    const isChange = (old: ShownValue, now: ShownValue): boolean =>
      now.key === old.key && now.languageId === old.languageId && !sameData(now.value, old.value);
    if ((this.#shown.get(file) ?? []).some((old) => shown.some((now) => isChange(old, now)))) file.isInUse = true;
    this.#shown.set(file, shown);
  }

  /** VS Code shows something else than it did. */
  #hasMoved(file: SettingsFile): boolean {
    return (this.#shown.get(file) ?? []).some((each) => !sameData(this.#says(file, each), each.value));
  }

  /** What VS Code says that the file holds. */
  #says(file: SettingsFile, { key, languageId }: Pick<ShownValue, 'key' | 'languageId'>): unknown {
    let said = this.#said.get(key);
    if (said === undefined) this.#said.set(key, (said = new Map()));
    const id = `${languageId ?? ''}\n${file.uri.toString()}`;
    if (!said.has(id)) {
      const resource = file.target === 'folder' ? { resource: file.uri.toString() } : {};
      const { layers } = this.#read(key, { ...resource, ...(languageId === undefined ? {} : { languageId }) });
      said.set(id, layers.get(layerOf(file.target, languageId)));
    }
    return said.get(id);
  }

  #nameOf(key: string): string {
    return settingName(this.#definition.section, key);
  }
}

export function layerOf(target: Target, languageId: string | undefined): Layer {
  return languageId === undefined ? target : `${target}-language`;
}
