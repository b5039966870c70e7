/** Holdfast, the library: supervised settings on any store, and the guard alone. In VS Code, see `holdfast/vscode`. */
export * from './errors.ts';
export { systemClock, type Clock, type TimerHandle } from './clock.ts';
export { defineSettings, type SettingDeclaration, type SettingScope, type SettingsDefinition, type ValuesOf } from './settings/define-settings.ts';
export { safePath, type SafePathOptions } from './settings/safe-path.ts';
export { contributedConfiguration, restrictedConfigurations } from './settings/manifest.ts';
export { createGuard, type ExecuteOptions, type Guard, type GuardEvent, type GuardOptions, type PersistedBreaker } from './guard/guard.ts';
export type { Attempt } from './guard/call.ts';
export { classifyFailure } from './guard/classify.ts';
export { createConfigurationService, type BreakerStatus, type ConfigurationService } from './service/service.ts';
export type { ServiceOptions, UpdateOptions, UpdateResult } from './service/options.ts';
export type { LateOutcome, ServiceEvent } from './service/events.ts';
export type { Health, HealthCheck, HealthReport } from './service/health.ts';
export type { Metrics } from './service/metrics.ts';
export type { Inspection, Origin, SettingChange, SettingIssue } from './service/snapshot.ts';
export type { Disposable, Layer, RawSetting, Scope, Store, Target, WriteOptions, WriteRequest } from './store/store.ts';
export { memoryMemento, type Memento } from './store/memento.ts';
export { JsonStore, jsonStore, type JsonPaths } from './store/json-store.ts';
export { jsonMemento } from './store/json-memento.ts';
