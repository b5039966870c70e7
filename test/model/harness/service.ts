import { expect } from 'chai';
import * as yup from 'yup';
import { defineSettings, type ConfigurationService } from '../../../src/index.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { WriteOptions, WriteRequest } from '../../../src/store/store.ts';

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'] as const;
const declaration = { schema: yup.number().required(), default: 0, description: 'A number.' };

/** Twelve settings, so that writes need not merge. */
export const numbers = defineSettings('model', Object.fromEntries(keys.map((key) => [key, declaration])) as Record<(typeof keys)[number], typeof declaration>);

export type Key = (typeof keys)[number];
export const keyNumber = (index: number): Key => keys[index % keys.length]!;

export type Service = ConfigurationService<Record<Key, number>>;

/** The settings file of every service here. */
export const file = 'user settings';

/** A write the store has been asked for, which goes on until a test ends it. */
export interface OpenWrite {
  readonly key: string;
  readonly value: unknown;
  store(): Promise<void>;
  refuse(error: unknown): void;
}

/** A store whose writes, loads and probes end when, and as, a test says. */
export class GatedStore extends MemoryStore {
  /** The keys asked for, in order. */
  readonly asked: string[] = [];
  readonly open: OpenWrite[] = [];
  /** The most writes that were open at one time. */
  mostOpen = 0;

  constructor(backend = new MemoryBackend()) {
    super(backend);
  }

  override write(request: WriteRequest, _options: WriteOptions): Promise<void> {
    this.asked.push(request.key);
    return new Promise((resolve, reject) => {
      const done = (): void => void this.open.splice(this.open.indexOf(write), 1);
      const write: OpenWrite = {
        key: request.key,
        value: request.value,
        store: () => {
          done();
          this.backend.set({ key: request.key, target: request.target, scope: request.scope }, request.value);
          resolve();
          return Promise.resolve();
        },
        refuse: (error) => {
          done();
          reject(error);
        },
      };
      this.open.push(write);
      this.mostOpen = Math.max(this.mostOpen, this.open.length);
    });
  }
}

/** An event on which any actor of ours crashes: looking at what it carries throws. */
export function poison(type: string): { readonly type: string } {
  const explode = { enumerable: false, get: (): never => { throw new Error('Injected: crash.'); } };
  return Object.defineProperties({ type }, { id: explode, ticket: explode, epoch: explode, invalid: explode, retryable: explode });
}

/** Crashes a child of the service's supervisor, which is there for everyone to see. */
export function crash(service: Service, id: string, type: string): void {
  const child = service.supervisor.getSnapshot().children[id];
  expect(child, `actor ${id}`).not.to.equal(undefined);
  child!.send(poison(type) as never);
}
