import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Change, RawSetting, Refusal, Scope, Target, WriteOptions, WriteRequest } from '../../../src/store/store.ts';
import { verifyStore } from '../../../src/testing/verify-store.ts';

/** The promises that a kind of store does not keep, by the beginning of their names. */
async function broken(make: () => MemoryStore): Promise<string[]> {
  const results = await verifyStore(() => Promise.resolve({ store: make() }), { deadline: 100 });
  return results.filter(({ ok }) => !ok).map(({ name }) => name);
}

const promisesOfFiles = [
  'a file that another program is saving is not taken for what it says meanwhile, and nobody is told (F1)',
  'a file that another program is saving is neither built on nor replaced (F1)',
  'a file that stays empty, or away, for 1000 ms is taken at its word, and can be written again (F1)',
  'a file that is damaged is refused as "invalid-file", and left as it is (F1)',
];

type Values = Record<string, unknown>;

class TextFile {
  text: string | undefined;
  onSave = (): void => undefined;

  read(): string | undefined {
    return this.text;
  }

  save(text: string | undefined): void {
    this.text = text;
    this.onSave();
  }
}

/** The user settings as JSON in a text, which is understood in one way or another. */
class TextStore extends MemoryStore {
  readonly #file: TextFile;
  readonly #understood: (text: string | undefined, before: Values) => Values;
  #values: Values = {};

  constructor(file: TextFile, understood: (text: string | undefined, before: Values) => Values) {
    super();
    this.#file = file;
    this.#understood = understood;
    file.onSave = () => {
      const before = this.#values;
      this.#values = understood(file.text, before);
      for (const key of ['first', 'second']) {
        if (before[key] !== this.#values[key]) this.backend.set({ key, target: 'user', scope: {} }, this.#values[key]);
      }
    };
  }

  override canCommit(): boolean {
    return false;
  }

  override async write(request: WriteRequest, options: WriteOptions): Promise<void> {
    const isText = request.target === 'user' && request.scope.languageId === undefined;
    const values = isText ? { ...this.#understood(this.#file.text, this.#values), [request.key]: request.value } : undefined;
    await super.write(request, options);
    if (values === undefined) return;
    this.#values = values;
    this.#file.text = JSON.stringify(values);
  }
}

function parsed(text: string | undefined): Values | undefined {
  try {
    return JSON.parse(text ?? '') as Values;
  } catch {
    return undefined;
  }
}

const textStores: readonly (readonly [string, (text: string | undefined, before: Values) => Values, readonly number[]])[] = [
  ['takes what it cannot understand for nothing', (text) => parsed(text) ?? {}, [0, 1, 3]],
  ['never gives up what it knew', (text, before) => parsed(text) ?? before, [1, 2, 3]],
];

describe('verifyStore', () => {
  it('finds nothing wrong with the memory store, with a workspace and without', async () => {
    for (const workspaceOpen of [true, false]) {
      const results = await verifyStore(() => {
        const backend = new MemoryBackend();
        backend.workspaceOpen = workspaceOpen;
        return Promise.resolve({ store: new MemoryStore(backend) });
      });
      expect(results.filter(({ ok }) => !ok)).to.deep.equal([]);
      expect(results.length).to.be.greaterThan(15);
      expect(new Set(results.map(({ name }) => name)).size).to.equal(results.length);
    }
  });

  it('gives each promise a new store, disposes it, and cleans up behind it', async () => {
    let made = 0;
    let cleaned = 0;
    let disposed = 0;
    class Counting extends MemoryStore {
      override dispose(): void {
        disposed++;
        super.dispose();
      }
    }
    const results = await verifyStore((definition) => {
      made++;
      expect(definition.section).to.equal('verifyStore');
      return Promise.resolve({ store: new Counting(), cleanUp: () => void cleaned++ });
    });
    expect(made).to.equal(results.length);
    expect(cleaned).to.equal(made);
    expect(disposed).to.be.at.least(made);
  });

  it('never rejects: a store that cannot be made, or loaded, has kept no promise', async () => {
    const unmade = await verifyStore(() => Promise.reject('no place'));
    expect(unmade.every(({ ok, error }) => !ok && error!.message === 'no place')).to.be.true;
    class Unloadable extends MemoryStore {
      override load(): Promise<void> {
        return Promise.reject(new StoreError('io', 'not now'));
      }
    }
    let cleaned = 0;
    const unloaded = await verifyStore(() => Promise.resolve({ store: new Unloadable(), cleanUp: () => void cleaned++ }));
    expect(unloaded.every(({ ok, error }) => !ok && error!.message === 'not now.')).to.be.true;
    expect(cleaned).to.equal(unloaded.length);
  });

  describe('tells which promise a store breaks:', () => {
    it('writes that are lost (P20)', async () => {
      class Losing extends MemoryStore {
        override write(): Promise<void> {
          return Promise.resolve();
        }
      }
      expect(await broken(() => new Losing())).to.include('what was written is read as soon as the write has resolved (P20)');
    });

    it('values that change on their way (P22)', async () => {
      class Rounding extends MemoryStore {
        override write(request: WriteRequest, options: WriteOptions): Promise<void> {
          return super.write(typeof request.value === 'number' ? { ...request, value: Math.round(request.value) } : request, options);
        }
      }
      expect(await broken(() => new Rounding())).to.deep.equal(['every kind of JSON comes back as it was written (P22)']);
    });

    it('objects that are mixed with what was there (P22)', async () => {
      class Mixing extends MemoryStore {
        override write(request: WriteRequest, options: WriteOptions): Promise<void> {
          const before = this.backend.get(request);
          const mixed = typeof before === 'object' && typeof request.value === 'object' && request.value !== null && !Array.isArray(request.value);
          return super.write(mixed ? { ...request, value: { ...before, ...request.value } } : request, options);
        }
      }
      expect(await broken(() => new Mixing())).to.deep.equal(['an object takes the place of another as a whole (P22)']);
    });

    it('writes that overtake each other (P23)', async () => {
      class Overtaking extends MemoryStore {
        override async write(request: WriteRequest, options: WriteOptions): Promise<void> {
          for (let turns = 0; turns < (request.value === 1 ? 20 : 1); turns++) await Promise.resolve();
          return super.write(request, options);
        }
      }
      expect(await broken(() => new Overtaking())).to.deep.equal(['writes asked for together are applied in their order, and none is lost (P23)']);
    });

    it('expectations that are not looked at (P28)', async () => {
      class Blind extends MemoryStore {
        override write(request: WriteRequest, { signal }: WriteOptions): Promise<void> {
          return super.write(request, { signal });
        }
      }
      expect(await broken(() => new Blind())).to.deep.equal(['a write that expects another value than is stored is refused as "newer" (P28)']);
    });

    it('attempts given up that are stored all the same (P29)', async () => {
      class Sneaking extends MemoryStore {
        override write(request: WriteRequest, options: WriteOptions): Promise<void> {
          if (options.signal.aborted) this.backend.set(request, request.value);
          return super.write(request, options);
        }
      }
      expect(await broken(() => new Sneaking())).to.deep.equal(['an attempt given up before it began is stored and resolves, or is not stored and rejects (P29)']);
    });

    it('languages that are not told apart (P34)', async () => {
      class Monoglot extends MemoryStore {
        override read(key: string, _scope: Scope): RawSetting {
          return super.read(key, { languageId: 'one' });
        }
      }
      expect(await broken(() => new Monoglot())).to.deep.equal([
        'a value for a language wins for that language alone (P34)',
        'a commit takes values for a language beside the plain ones, and each wins for its language alone (P34)',
      ]);
    });

    it('changes that are not told (P33), within the deadline', async () => {
      class Silent extends MemoryStore {
        override onDidChange(): { dispose(): void } {
          return { dispose: () => undefined };
        }
      }
      expect(await broken(() => new Silent())).to.deep.equal([
        'listeners are called when a value has changed, once it can be read (P33)',
        'a listener that was disposed is not called, and the others are (P41)',
        'listeners are called once all of a commit can be read (P24, P33)',
      ]);
    });

    it('values that throw when they are looked at: kept all the same, or thrown back at once (P50)', async () => {
      class Keeping extends MemoryStore {
        override write(request: WriteRequest, options: WriteOptions): Promise<void> {
          return super.write({ ...request, value: request.value === undefined ? undefined : 'something else' }, options);
        }
      }
      class Throwing extends MemoryStore {
        override write(request: WriteRequest, options: WriteOptions): Promise<void> {
          JSON.stringify(request.value);
          return super.write(request, options);
        }
      }
      for (const make of [() => new Keeping(), () => new Throwing()]) {
        expect(await broken(make)).to.include('a value that throws when it is looked at is refused by a rejection, and nothing is stored (P50)');
      }
    });

    it('refusals that are no StoreError, or none at all (P22)', async () => {
      const name = 'a target that is not there is refused by a rejection (P22)';
      class Odd extends MemoryStore {
        override probe(target: Target, scope: Scope): Promise<void> {
          return super.probe(target, scope).catch(() => Promise.reject(new RangeError('odd')));
        }
      }
      expect(await broken(() => new Odd())).to.deep.equal([name]);
      class Lenient extends MemoryStore {
        override probe(): Promise<void> {
          return Promise.resolve();
        }
      }
      expect(await broken(() => new Lenient())).to.deep.equal([name]);
      class Misleading extends MemoryStore {
        override probe(target: Target): Promise<void> {
          return target === 'user' ? Promise.resolve() : Promise.reject(new StoreError('io', 'misleading'));
        }
      }
      expect(await broken(() => new Misleading())).to.deep.equal([name]);
      class Rude extends MemoryStore {
        override fileOf(target: Target, scope: Scope): string {
          if (target === 'workspace') throw new RangeError('rude');
          return super.fileOf(target, scope);
        }
      }
      expect(await broken(() => new Rude())).to.include(name);
    });

    it('a disposed store that goes on calling (P40)', async () => {
      class Undying extends MemoryStore {
        override dispose(): void {
          // Never.
        }
      }
      expect(await broken(() => new Undying())).to.deep.equal(['a store can be disposed twice, and calls nobody any more (P40)']);
    });

    for (const [what, understood, brokenPromises] of textStores) {
      it(`a store of a text file that ${what} (F1)`, async () => {
        const results = await verifyStore(() => {
          const file = new TextFile();
          return Promise.resolve({ store: new TextStore(file, understood), file });
        });
        expect(results.filter(({ ok }) => !ok).map(({ name }) => name)).to.deep.equal(promisesOfFiles.filter((_, index) => brokenPromises.includes(index)));
      });
    }

    it('a store of a file that has none once something was written', async () => {
      const results = await verifyStore(() => Promise.resolve({ store: new MemoryStore(), file: { read: () => undefined, save: () => undefined } }));
      expect(results.filter(({ ok }) => !ok).map(({ name }) => name)).to.deep.equal([
        'no other program sees a settings file that parses and holds a part of a commit (P24)', ...promisesOfFiles,
      ]);
    });

    it('commits that are stored in part, or one after the other (P24)', async () => {
      /** One change, as a commit of its own. */
      type Commit = (change: Change) => Promise<readonly Refusal[]>;
      const storing = (how: (changes: readonly Change[], commit: Commit) => Promise<readonly Refusal[]>) => (): MemoryStore => new class extends MemoryStore {
        override commit(changes: readonly Change[], options: Pick<WriteOptions, 'signal'>): Promise<readonly Refusal[]> {
          return how(changes, (change) => super.commit([change], options));
        }
      }();
      const oneByOne = storing(async (changes, commit) => {
        const refusals: Refusal[] = [];
        for (const [index, change] of changes.entries()) refusals.push(...(await commit(change)).map(({ error }) => ({ index, error })));
        return refusals;
      });
      expect(await broken(oneByOne)).to.deep.equal([
        'listeners are called once all of a commit can be read (P24, P33)',
        'a commit that expects another value than is stored is refused as "newer", and nothing of it is stored (P24, P28)',
        'a change that cannot be stored is named, nothing is stored, and without it the others are (P24, P50)',
      ]);
      const firstOnly = storing((changes, commit) => (changes[0] === undefined ? Promise.resolve([]) : commit(changes[0])));
      expect(await broken(firstOnly)).to.include('values that are stored together are all read as soon as the commit has resolved, and after another load (P20)');
      const misnaming = storing((changes, commit) => Promise.all(changes.toReversed().map(commit)).then((each) => each.flat()));
      expect(await broken(misnaming)).to.include('a change that cannot be stored is named, nothing is stored, and without it the others are (P24, P50)');
    });

    it('commits that are promised, and are not there', async () => {
      const results = await verifyStore(() => Promise.resolve({ store: Object.assign(new MemoryStore(), { commit: undefined }) }));
      const wrong = results.filter(({ ok }) => !ok);
      expect(wrong).to.have.length.greaterThan(5);
      for (const { error } of wrong) expect(error!.message).to.equal('The store says that it can commit, and has no commit.');
    });

    it('nothing of commits, of a store that has none', async () => {
      const whole = await verifyStore(() => Promise.resolve({ store: new MemoryStore() }));
      for (const none of [{ canCommit: undefined, commit: undefined, readBackAll: undefined }, { canCommit: () => false }]) {
        const results = await verifyStore(() => Promise.resolve({ store: Object.assign(new MemoryStore(), none) }));
        expect(results.filter(({ ok }) => !ok)).to.deep.equal([]);
        expect(results.length).to.be.within(20, whole.length);
      }
    });

    it('values read back together that are not those at their places', async () => {
      class Mixing extends MemoryStore {
        override readBackAll(places: Parameters<MemoryStore['readBackAll']>[0]): Promise<readonly unknown[]> {
          return super.readBackAll(places.toReversed());
        }
      }
      expect(await broken(() => new Mixing())).to.deep.equal(['readBackAll tells the same of each place as readBack']);
    });
  });
});
