import { expect } from 'chai';
import * as yup from 'yup';
import { defineSettings, type ConfigurationService } from '../../../src/index.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Change, Refusal, RawSetting, Scope, Target, WriteOptions, WriteRequest } from '../../../src/store/store.ts';

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
  readonly target: Target;
  readonly key: string;
  readonly value: unknown;
  store(): Promise<void>;
  refuse(error: unknown): void;
}

/** A load that goes on until a test ends it. */
export interface OpenLoad {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A store whose writes, and if asked its loads, end when, and as, a test says. */
export class GatedStore extends MemoryStore {
  /** The keys asked for, in order. */
  readonly asked: string[] = [];
  readonly open: OpenWrite[] = [];
  /** The most writes that were open at one time. */
  mostOpen = 0;
  /** The targets whose writes wait for the test. */
  gated: readonly Target[] = ['user'];
  /** Loads wait for the test. */
  gateLoads = false;
  /** Every load begun that has not ended, oldest first. */
  readonly loads: OpenLoad[] = [];
  loadsBegun = 0;
  /** Setting `a` holds a text, which is not legal. */
  garbage = false;
  /** Nothing can be read. */
  unreadable = false;

  constructor(backend = new MemoryBackend()) {
    super(backend);
  }

  /** Whether it stores several values by one save. */
  together = false;

  override canCommit(): boolean {
    return this.together;
  }

  override load(): Promise<void> {
    this.loadsBegun++;
    if (!this.gateLoads) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const load: OpenLoad = {
        resolve: () => {
          this.loads.splice(this.loads.indexOf(load), 1);
          resolve();
        },
        reject: (error) => {
          this.loads.splice(this.loads.indexOf(load), 1);
          reject(error);
        },
      };
      this.loads.push(load);
    });
  }

  override read(key: string, scope: Scope): RawSetting {
    if (this.unreadable) throw new Error('Injected: not readable.');
    if (this.garbage && key === 'a') return { effective: 'garbage', layers: new Map([['user', 'garbage']]) };
    return super.read(key, scope);
  }

  override write(request: WriteRequest, options: WriteOptions): Promise<void> {
    return this.gated.includes(request.target) ? this.#gate([request]) : super.write(request, options);
  }

  override async commit(changes: readonly Change[], options: WriteOptions): Promise<readonly Refusal[]> {
    if (!this.gated.includes(changes[0]!.target)) return super.commit(changes, options);
    await this.#gate(changes);
    return [];
  }

  /** One save, of one value or several. */
  #gate(requests: readonly WriteRequest[]): Promise<void> {
    this.asked.push(...requests.map(({ key }) => key));
    const [{ target, key, value }] = requests as [WriteRequest];
    return new Promise((resolve, reject) => {
      const done = (): void => void this.open.splice(this.open.indexOf(write), 1);
      const write: OpenWrite = {
        target, key, value,
        store: () => {
          done();
          this.backend.setAll(requests);
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
