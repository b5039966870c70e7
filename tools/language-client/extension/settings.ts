import * as vscode from 'vscode';

/** The settings of the linter, for a document. */
export class LinterSettings {
  readonly #configuration: vscode.WorkspaceConfiguration;

  constructor(document?: vscode.TextDocument) {
    this.#configuration = vscode.workspace.getConfiguration('app', document);
  }

  get run(): 'onType' | 'onSave' {
    return this.#configuration.get('run', 'onType');
  }

  get maxProblems(): number {
    return this.#configuration.get('maxProblems', 100);
  }

  get ignored(): readonly string[] {
    return this.#configuration.get('ignored', []);
  }

  async ignore(rule: string): Promise<void> {
    await this.#configuration.update('ignored', [...this.ignored, rule], vscode.ConfigurationTarget.Workspace);
  }
}
