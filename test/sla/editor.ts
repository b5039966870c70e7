import { elapse } from '../limits.ts';
import type { Ledger } from './ledger.ts';
import { appended, garbageOf, legal, outsideValue, type Key } from './settings.ts';
import type { Incident, Kind } from './schedule.ts';

/** Why the editor refuses, as an extension sees it. */
export type RefusalCode = 'EIO' | 'EBUSY' | 'EACCES' | 'ENOSPC' | 'DIRTY' | 'INVALID' | 'NEWER';

export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(`The settings were not written (${code}).`);
    this.code = code;
  }
}

/** While these last, nothing can be written. */
const blocking: ReadonlySet<Kind> = new Set<Kind>(['outage', 'stall', 'drop', 'dirty', 'broken', 'read-only', 'full disk', 'restart', 'crash']);
export const isBlocking = ({ what }: Incident): boolean => blocking.has(what);

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/**
 * The editor's settings, as VS Code has them: one file, a view of it that follows it, and updates that are done one
 * after the other and cannot be called back. Time is that of `setTimeout` and `performance`.
 */
export class Editor {
  readonly ledger: Ledger;
  readonly values = new Map<Key, unknown>();
  readonly #random: () => number;
  readonly #active = new Map<Kind, Incident>();
  readonly #windows = new Set<Window>();
  #flaky = 0;
  /** Counts the changes by others. */
  #revision = 0;
  #outside = 0;
  #turn: Promise<void> = Promise.resolve();
  #underWay = 0;
  #stallEnds: (() => void)[] = [];
  /** What was there before the garbage. */
  #garbage: unknown;

  constructor(ledger: Ledger, random: () => number) {
    this.ledger = ledger;
    this.#random = random;
  }

  get idle(): boolean {
    return this.#underWay === 0 && this.#active.size === 0;
  }

  is(what: Kind): boolean {
    return this.#active.has(what);
  }

  openWindow(): Window {
    const window = new Window(this);
    this.#windows.add(window);
    return window;
  }

  close(window: Window): void {
    window.kill();
    this.#windows.delete(window);
  }

  begin(incident: Incident): void {
    const { what, key, count } = incident;
    if (what === 'flaky') this.#flaky = count!;
    else if (what === 'outside edit') this.#edit(key!);
    else {
      this.#active.set(what, incident);
      this.#note();
    }
    if (what === 'broken') this.#changedOutside();
    if (what === 'garbage') {
      this.#garbage = this.values.get(key!);
      this.#set(key!, garbageOf(key as never));
    }
  }

  end(incident: Incident): void {
    const { what, key } = incident;
    this.#active.delete(what);
    this.#note();
    if (what === 'stall') for (const go of this.#stallEnds.splice(0)) go();
    if (what === 'dirty') {
      if (key === undefined) this.#changedOutside();
      else this.#edit(key);
    }
    if (what === 'broken') this.#changedOutside();
    // Mended by hand, unless something of use has been stored there meanwhile.
    if (what === 'garbage' && !legal[key!](this.values.get(key!))) this.#set(key!, this.#garbage);
  }

  /** One update, in its turn. Answers even if the window that asked is gone: nobody hears it. */
  update(key: Key, value: unknown): Promise<void> {
    if (this.is('drop')) return never();
    this.#underWay++;
    this.#note();
    const done = this.#turn.then(() => this.#update(key, value)).catch((error: unknown) => {
      this.ledger.refused();
      throw error;
    }).finally(() => {
      this.#underWay--;
      this.#note();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #update(key: Key, value: unknown): Promise<void> {
    const revision = this.#revision;
    await this.#takes(5, 40);
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    if (this.#flaky > 0) {
      this.#flaky--;
      throw new Refusal('EBUSY');
    }
    // The editor does not save over what is newer than what it has read.
    if (revision !== this.#revision) throw new Refusal('NEWER');
    if (this.is('full disk')) return;
    this.values.set(key, value);
    this.ledger.landed(key, value);
    for (const window of this.#windows) window.see(this.values);
  }

  /** What the file holds now, read from the disk. */
  async readFile(key: Key): Promise<unknown> {
    if (this.is('drop')) return never();
    await this.#takes(1, 8);
    if (this.is('outage')) throw new Refusal('EIO');
    if (this.is('broken')) throw new Refusal('INVALID');
    return this.values.get(key);
  }

  /** Could the file be written, as far as one can tell without writing? */
  async check(): Promise<void> {
    if (this.is('drop')) return never();
    await this.#takes(1, 8);
    const refusal = this.#refusal() ?? (this.is('full disk') ? new Refusal('ENOSPC') : undefined);
    if (refusal !== undefined) throw refusal;
  }

  #refusal(): Refusal | undefined {
    if (this.is('outage')) return new Refusal('EIO');
    if (this.is('dirty')) return new Refusal('DIRTY');
    if (this.is('broken')) return new Refusal('INVALID');
    return this.is('read-only') ? new Refusal('EACCES') : undefined;
  }

  async #takes(least: number, most: number): Promise<void> {
    const time = (least + this.#random() * (most - least)) * (this.#active.get('slow disk')?.times ?? 1);
    await elapse(time);
    while (this.is('stall')) await new Promise<void>((resolve) => this.#stallEnds.push(resolve));
  }

  #edit(key: Key): void {
    const number = ++this.#outside;
    this.#set(key, key === 'recent' ? appended(this.values.get(key), outsideValue(key, number) as string) : outsideValue(key, number));
  }

  #set(key: Key, value: unknown): void {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
    this.ledger.editedOutside(key, value);
    this.#changedOutside();
  }

  /** The windows see it a little later. */
  #changedOutside(): void {
    this.#revision++;
    setTimeout(() => {
      const shown = this.is('broken') ? new Map<Key, unknown>() : this.values;
      for (const window of this.#windows) window.see(shown);
    }, 100 + this.#random() * 300);
  }

  #note(): void {
    this.ledger.noteStore(this.#underWay > 0, [...this.#active.values()].some(isBlocking));
  }
}

/** One process' way to the settings: VS Code's own, as far as an extension can use it. */
export class Window {
  readonly #editor: Editor;
  readonly #listeners = new Set<() => void>();
  #view: ReadonlyMap<Key, unknown>;
  #alive = true;

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#view = editor.is('broken') ? new Map() : new Map(editor.values);
  }

  /** `getConfiguration(section).get(key)`: from memory, at once. */
  get(key: Key): unknown {
    return this.#view.get(key);
  }

  /** `getConfiguration(section).update(key, value)` */
  update(key: Key, value: unknown): Promise<void> {
    return this.#heard(() => this.#editor.update(key, value));
  }

  /** `workspace.fs.readFile`, parsed. */
  readFile(key: Key): Promise<unknown> {
    return this.#heard(() => this.#editor.readFile(key));
  }

  /** `fs.access`, `fs.statfs` and a look at the open documents. */
  check(): Promise<void> {
    return this.#heard(() => this.#editor.check());
  }

  get isBroken(): boolean {
    return this.#editor.is('broken');
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  see(values: ReadonlyMap<Key, unknown>): void {
    this.#view = new Map(values);
    for (const listener of [...this.#listeners]) listener();
  }

  /** Nothing is asked or answered any more; what was asked is done all the same. */
  kill(): void {
    this.#alive = false;
    this.#listeners.clear();
  }

  async #heard<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.#alive) return never();
    try {
      const answer = await ask();
      return this.#alive ? answer : await never();
    } catch (error) {
      if (!this.#alive) return never();
      throw error;
    }
  }
}
