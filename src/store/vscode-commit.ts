import { StoreError } from '../errors.ts';
import { sameData } from '../settings/plain-data.ts';
import type { Change, Refusal } from './store.ts';
import { withoutCarrier } from './vscode-carried-save.ts';
import type { SettingChecks } from './vscode-checks.ts';
import { SettingsText } from './vscode-settings-text.ts';

/** Several changes of one settings file: the text that VS Code saves for them, or why none of them is stored. */
export class Commit {
  readonly changes: readonly Change[];
  /** Why some of them cannot be stored. */
  refusals: readonly Refusal[] = [];
  readonly #checks: SettingChecks;
  readonly #inWorkspaceFile: boolean;
  readonly #signal: AbortSignal;

  constructor(changes: readonly Change[], checks: SettingChecks, inWorkspaceFile: boolean, signal: AbortSignal) {
    this.changes = changes;
    this.#checks = checks;
    this.#inWorkspaceFile = inWorkspaceFile;
    this.#signal = signal;
    this.refusals = this.#refused((change) => checks.refusal(change));
  }

  /** The text to save. As it was, when there are refusals. @throws StoreError why none of the changes is stored; then as well */
  compose(before: string): string {
    // What a process left that was killed.
    let content = new SettingsText(withoutCarrier(before, this.#inWorkspaceFile), this.#inWorkspaceFile);
    if (this.#signal.aborted) throw new StoreError('io', 'Nothing was stored: the attempt was given up.');
    for (const { key, target, scope, expected } of this.changes) {
      if (expected === undefined || sameData(content.valueOf(this.#checks.nameOf(key), scope.languageId), expected.value)) continue;
      throw new StoreError('newer', `"${key}" was changed by someone else meanwhile.`, { context: { key, target } });
    }
    const state = { kind: 'valid', content } as const;
    this.refusals = this.#refused((change) => this.#checks.obstacle(change, state));
    if (this.refusals.length > 0) return content.text;
    for (const { key, value, scope } of this.changes) content = this.#with(content, this.#checks.nameOf(key), scope.languageId, value);
    return content.text;
  }

  /** Whether a text holds all of the changes. */
  isIn(content: SettingsText): boolean {
    return this.changes.every(({ key, value, scope }) => sameData(content.valueOf(this.#checks.nameOf(key), scope.languageId), value));
  }

  #with(content: SettingsText, name: string, languageId: string | undefined, value: unknown): SettingsText {
    return new SettingsText(content.withValue(name, languageId, value), this.#inWorkspaceFile);
  }

  #refused(check: (change: Change) => StoreError | undefined): Refusal[] {
    return this.changes.flatMap((change, index) => {
      const error = check(change);
      return error === undefined ? [] : [{ index, error }];
    });
  }
}
