import { expect } from 'chai';
import type { OxlintOverride } from 'oxlint';
import { RuleTester } from 'oxlint/plugins-dev';
import config from '../../../oxlint.config.ts';
import { statesInMachines } from '../../../tools/lint/states-in-machines.ts';

RuleTester.describe = RuleTester.it = (_title, body) => void body();

describe('The lint rule that states stand in machines', () => {
  /** What the rule says of a text. */
  function said(text: string, options = {}): string[] {
    const messages: string[] = [];
    new RuleTester().run('states-in-machines', {
      meta: statesInMachines.meta!,
      create: (context) => statesInMachines.create({
        ...context, filename: context.filename, options: context.options, sourceCode: context.sourceCode,
        report: ({ messageId, data }) => messages.push(`${messageId} ${messageId === 'timer' ? '' : data!['name']}`.trim()),
      }),
    }, { valid: [{ code: text, filename: 'judged.ts', options: [options], languageOptions: { parserOptions: { lang: 'ts' } } }], invalid: [] });
    return messages;
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

  it('refuses what may be a state, and whose type is not written', () => {
    expect(said('export class A { #open = isOpen(); b = !isOpen(); c = isOpen() || 0; d: unknown = isOpen(); e = isOpen() === "e"; }'))
      .to.deep.equal(['untold #open', 'flag b', 'untold c', 'flag e']);
    expect(said('type Held = boolean | undefined; export class A { held: Held; end: Date | undefined; }')).to.deep.equal(['flag held']);
    expect(said('export function a() { let over = isOver(); return { end: () => { over = isOver(); } }; }')).to.deep.equal(['untold over']);
    expect(said('export const a = ({ all }: All, some: Set<string>, { some: known }: Map<string, number>) => { all.delete("a"); some.delete("a"); known.delete("a"); };'))
      .to.deep.equal(['untold all', 'set some', 'untold known']);
  });

  it('is on for the service, with ten exceptions at most', () => {
    const overrides: readonly OxlintOverride[] = config.overrides;
    const [found, ...others] = overrides.filter(({ rules }) => 'holdfast/states-in-machines' in (rules ?? {}));
    expect(others).to.deep.equal([]);
    expect(found?.files).to.deep.equal(['src/service/**/*.ts']);
    const [severity, { exceptions }] = found!.rules!['holdfast/states-in-machines'] as [string, { readonly exceptions: Readonly<Record<string, readonly string[]>> }];
    expect(severity).to.equal('error');
    expect(Object.values(exceptions).flat()).to.have.length.within(1, 10);
  });
});
