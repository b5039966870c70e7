import type { ConfigurationService, Disposable, HealthReport, Metrics, UpdateOptions, UpdateResult } from 'holdfast';
import type { NofxSettings } from './settings.ts';
import type { Worktrees } from './worktrees.ts';

type Key = keyof NofxSettings;
type Update<K extends Key> = NofxSettings[K] | undefined | ((stored: NofxSettings[K]) => NofxSettings[K] | undefined);

/** The settings of NofX, by name. Every accessor reads the actual setting, and none can fail. */
export class NofxConfiguration {
  readonly #service: ConfigurationService<NofxSettings>;
  readonly #worktrees: Worktrees;
  readonly #workspaceFolder: () => string | undefined;

  /** @param workspaceFolder the path of the folder that agents work in; `undefined` when there is none, or none that is trusted */
  constructor(service: ConfigurationService<NofxSettings>, worktrees: Worktrees, workspaceFolder: () => string | undefined) {
    this.#service = service;
    this.#worktrees = worktrees;
    this.#workspaceFolder = workspaceFolder;
  }

  get<K extends Key>(key: K): NofxSettings[K] {
    return this.#service.get(key);
  }

  /** Resolves when the value is stored; see `ConfigurationService.update` for what else can happen. */
  update<K extends Key>(key: K, value: Update<K>, options?: UpdateOptions): Promise<UpdateResult> {
    return this.#service.update(key, value, options);
  }

  /** Stores several settings, or none of them. */
  updateAll(values: Partial<NofxSettings>, options?: UpdateOptions): Promise<UpdateResult> {
    return this.#service.updateAll(values, options);
  }

  onDidChange<K extends Key>(key: K, listener: (now: NofxSettings[K], before: NofxSettings[K]) => void): Disposable {
    return this.#service.onDidChange(key, listener);
  }

  getAiProvider(): NofxSettings['aiProvider'] {
    return this.get('aiProvider');
  }

  getMaxAgents(): number {
    return this.get('maxAgents');
  }

  /** The assistant's program; '' for the one on the PATH. */
  getAiPath(): string {
    return this.get('aiPath');
  }

  /** The setting, and git really supporting worktrees in this workspace. Git is asked once. */
  async isUseWorktrees(): Promise<boolean> {
    const folder = this.#workspaceFolder();
    if (!this.get('useWorktrees') || folder === undefined) return false;
    return this.#worktrees.isSupported(folder);
  }

  /** Why there can be no worktrees, whatever the setting says; nothing when there can. */
  whyNoWorktrees(): string | undefined {
    return this.#worktrees.unavailable;
  }

  isAutoAssignTasks(): boolean {
    return this.get('autoAssignTasks');
  }

  /** Relative to the workspace folder. */
  getTemplatesPath(): string {
    return this.get('templatesPath');
  }

  isPersistAgents(): boolean {
    return this.get('persistAgents');
  }

  getLogLevel(): NofxSettings['logLevel'] {
    return this.get('logLevel');
  }

  isShowAgentTerminalOnSpawn(): boolean {
    return this.get('showAgentTerminalOnSpawn');
  }

  /** In seconds. */
  getClaudeInitializationDelay(): number {
    return this.get('claudeInitializationDelay');
  }

  /** In milliseconds. */
  getAgentSpawnDelay(): number {
    return this.get('agentSpawnDelay');
  }

  healthCheck(): Promise<HealthReport> {
    return this.#service.health();
  }

  getMetrics(): Metrics {
    return this.#service.metrics();
  }

  resetMetrics(): void {
    this.#service.resetMetrics();
  }

  async dispose(): Promise<void> {
    this.#worktrees.dispose();
    await this.#service.dispose();
  }
}
