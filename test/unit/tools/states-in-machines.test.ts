import { expect } from 'chai';
import { ESLint, Linter } from 'eslint';
import path from 'node:path';
import ts from 'typescript';
import tseslint from 'typescript-eslint';
import { statesInMachines } from '../../../tools/lint/states-in-machines.js';
import { programOf } from '../../program-of.ts';

const root = path.join(import.meta.dirname, '../../..');
const rule = 'holdfast/states-in-machines';
/** Of what every program has, what the judged texts use: the whole takes seconds to read. */
const library = `interface Array<T> {} interface Boolean {} interface CallableFunction {} interface Function {} interface IArguments {} interface NewableFunction {}
interface Number {} interface Object {} interface RegExp {} interface String {}
declare class Set<T> { add(member: T): this; delete(member: T): boolean; } declare class Map<K, V> { delete(key: K): boolean; }`;

describe('The lint rule that states stand in machines', () => {
  /** What the rule says of a text. */
  function said(text: string, options: object = {}): string[] {
    const file = path.join(root, 'judged.ts');
    const program = programOf(new Map([[path.join(root, 'library.d.ts'), library], [file, text]]), { strict: true, noLib: true, target: ts.ScriptTarget.ES2023, types: [] });
    const messages = new Linter({ cwd: root }).verify(text, [{
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser, parserOptions: { programs: [program] } },
      plugins: { holdfast: { rules: { 'states-in-machines': statesInMachines } } },
      rules: { [rule]: ['error', options] },
    }], file);
    return messages.map(({ messageId, message }) => `${messageId ?? 'error'} ${/"(.*)"/.exec(message)?.[1] ?? ''}`.trim());
  }

  it('refuses mutable properties that are true or false', () => {
    expect(said('export class A { #open = false; isHeld: boolean | undefined; b?: true; }')).to.deep.equal(['flag #open', 'flag isHeld', 'flag b']);
    expect(said('export interface A { done: boolean; readonly end: boolean; }')).to.deep.equal(['flag done']);
    expect(said('export class A { readonly a = true; b = 0; c: { readonly d: boolean } | undefined; get e(): boolean { return this.a; } }')).to.deep.equal([]);
  });

  it('refuses variables that a function sees change', () => {
    expect(said('export function a() { let over = false; return { end: () => { over = true; }, isOver: () => over }; }')).to.deep.equal(['flag over']);
    expect(said('export function a(): boolean { let seen = false; while (!seen) seen = true; return seen; }')).to.deep.equal([]);
    expect(said('export function a() { let wait = true; return () => wait; }')).to.deep.equal([]);
  });

  it('refuses sets whose members leave, but for listeners', () => {
    const waiting = 'export class A { readonly #waiting = new Set<string>(); end(a: string) { this.#waiting.delete(a); } }';
    expect(said(waiting)).to.deep.equal(['set #waiting']);
    expect(said('export class A { #all: Set<string> | "closed" = new Set(); end() { const all = this.#all; if (all !== "closed") all.delete("a"); } }'))
      .to.deep.equal(['set all']);
    expect(said('export class A { readonly #l = new Set<string>(); on(a: string) { this.#l.add(a); return { dispose: () => void this.#l.delete(a) }; } }'))
      .to.deep.equal([]);
    expect(said('export class A { readonly #known = new Map<string, string>(); end(a: string) { this.#known.delete(a); } }')).to.deep.equal([]);
    expect(said(waiting, { drivers: ['judged.ts'] }), 'in a driver').to.deep.equal([]);
  });

  it('refuses timers, whosever they are', () => {
    expect(said('export const a = (clock: { setTimeout(b: () => void): void }) => clock.setTimeout(() => undefined);')).to.deep.equal(['timer']);
    expect(said('declare function setInterval(b: () => void): void; setInterval(() => undefined); export {};')).to.deep.equal(['timer']);
  });

  it('lets what is excepted pass, and tells of exceptions that are not needed', () => {
    const flag = 'export class A { #open = false; }';
    expect(said(flag, { exceptions: { 'judged.ts': ['#open'] } })).to.deep.equal([]);
    expect(said(flag, { exceptions: { 'other.ts': ['#open'] } })).to.deep.equal(['flag #open']);
    expect(said('export {};', { exceptions: { 'judged.ts': ['#open'] } })).to.deep.equal(['unused #open']);
  });

  it('is on for the service, with ten exceptions at most', async () => {
    const eslint = new ESLint({ cwd: root });
    const ruleFor = async (file: string): Promise<unknown> => ((await eslint.calculateConfigForFile(path.join(root, file))) as Linter.Config).rules?.[rule];
    const [severity, { exceptions }] = await ruleFor('src/service/writes/save.ts') as [number, { readonly exceptions: Readonly<Record<string, readonly string[]>> }];
    expect(severity).to.equal(2);
    expect(Object.values(exceptions).flat()).to.have.length.within(1, 10);
    expect(await ruleFor('src/guard/guard.ts')).to.equal(undefined);
  });
});
