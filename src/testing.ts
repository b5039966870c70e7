/**
 * For tests: a clock that waits for you, stores that live in memory, and stores that fail on demand.
 *
 * @module holdfast/testing
 */
export { VirtualClock, type PendingTimer } from './testing/virtual-clock.ts';
export { FaultyStore, type StoreOperation, type WriteFault } from './testing/faulty-store.ts';
export { seededRandom } from './testing/seeded-random.ts';
export { MemoryBackend, MemoryStore } from './store/memory-store.ts';
export { memoryMemento, type Memento } from './store/memento.ts';
export { verifyStore, type StoreCheck, type VerifyStoreOptions } from './testing/verify-store.ts';
export type { SettingsText, StoreUnderTest } from './testing/verify-subject.ts';
