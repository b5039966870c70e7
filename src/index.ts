/**
 * The library: supervised settings on any store, and the guard alone. In VS Code, see `holdfast/vscode`.
 *
 * @module holdfast
 */
export * from './errors.ts';
export { systemClock, type Clock, type TimerHandle } from './clock.ts';
export { defineSettings } from './settings/define-settings.ts';
export { settingsFrom, type ManifestOptions, type SettingOptions } from './settings/settings-from.ts';
export type { ExtensionManifest } from './settings/manifest-settings.ts';
export type { SettingsDefinition } from './settings/definition.ts';
export type { Declarations, SettingBlock, SettingDeclaration, SettingScope, ValuesOf, WithSchemas } from './settings/declaration.ts';
export type { AnySchema, StandardIssue, StandardResult, StandardSchema, ValueOf, YupSchema } from './settings/schema.ts';
export type { AcceptResult, CheckResult } from './settings/validation.ts';
export type { FormerSetting } from './settings/former.ts';
export { safePath, type SafePathOptions } from './settings/safe-path.ts';
export { contributedConfiguration, restrictedConfigurations } from './settings/manifest.ts';
export { createGuard } from './guard/guard.ts';
export type { StandaloneGuard as Guard } from './guard/standalone-guard.ts';
export { failingResults } from './guard/results.ts';
export { growing, type GrowthOptions } from './guard/growth.ts';
export { slidingWindow, type SlidingWindowOptions } from './guard/sliding-window.ts';
export { latest, shared } from './guard/keyed-calls.ts';
export type { CallLimit, CallPolicy, CountingRule, ExecuteOptions, GuardEvent, GuardOptions, GuardTuning, PersistedBreaker } from './guard/options.ts';
export type { CallerSignal, CancellationToken } from './guard/signals.ts';
export type { Attempt, Operation } from './guard/attempt.ts';
export { concurrency, type ConcurrencyLimit } from './guard/bulkhead.ts';
export type { BulkheadOptions, Priority } from '../machines/bulkhead-options.ts';
export { classifyFailure } from './guard/classify.ts';
export type { ServiceOf } from './service/service-of.ts';
export { createConfigurationService, type BreakerStatus, type ConfigurationService } from './service/service.ts';
export type { FaultInjection, ServiceOptions, UpdateOptions, UpdateResult } from './service/options.ts';
export type { ActorTimes } from './service/actor-times.ts';
export type { OldSetting } from './service/former-values.ts';
export type { ConfigurationScope, UriLike } from './service/configuration-scope.ts';
export type { SectionValues, SubSections, SubSectionValues } from './service/sections.ts';
export type { LateOutcome, ServiceEvent, WriteAttempt } from './service/events.ts';
export type { Rescuer, WaitingWrite } from './service/writes/awaiting-user.ts';
export type { Health, HealthCheck, HealthReport } from './service/health.ts';
export type { LatencyBucket } from './service/histogram.ts';
export type { Latency, Metrics } from './service/metrics.ts';
export type { SettingsChange } from './service/settings-change.ts';
export type { Inspection, Origin, SettingChange, SettingIssue } from './service/snapshot.ts';
export type { Disposable, Layer, RawSetting, Scope, Store, StoreFactory, Target, WriteOptions, WriteRequest } from './store/store.ts';
export { settlingTime } from './store/store.ts';
export { memoryMemento, type Memento } from './store/memento.ts';
export { JsonStore, jsonStore, type JsonPaths } from './store/json-store.ts';
export { jsonMemento } from './store/json-memento.ts';
export { logService, type Log, type LogEntry, type LogLevel, type LogOptions, type LogSink, type ServiceLog } from './observe/log.ts';
export { FileLog, type FileLogOptions } from './observe/file-log.ts';
export { MemoryLog } from './observe/memory-log.ts';
export { Alerts, type Alert, type AlertKind, type AlertOptions } from './observe/alerts.ts';
export type { ObservedService } from './observe/observed-service.ts';
export type { SafeData } from './observe/safe-data.ts';
export type { BreakerInput, BreakerMode, BreakerOptions, BreakerRules, Growth } from '../machines/circuit-breaker.ts';
export type { RetryOptions } from '../machines/retry-backoff.ts';
export type { LifecycleOptions } from '../machines/config-lifecycle.ts';
export type { SupervisorOptions } from '../machines/supervisor.ts';
export { prometheusContentType, prometheusText, type MeasuredService } from './observe/prometheus.ts';
