import { expect } from 'chai';
import type { SettingDeclaration } from '../../src/settings/declaration.ts';
import { defineSettings } from '../../src/settings/define-settings.ts';
import type { SettingsDefinition } from '../../src/settings/definition.ts';
import { contributedConfiguration } from '../../src/settings/manifest.ts';
import type { AnySchema } from '../../src/settings/schema.ts';
import { settingsFrom } from '../../src/settings/settings-from.ts';
import { hostileValues } from '../unit/settings/hostile.ts';
import { libraries } from './libraries.ts';
import { refusal } from '../unit/settings/refusal.ts';

/** A definition of one setting, written in code; and the same with the schema on top of what a manifest says. */
const ways: Readonly<Record<string, (schema: AnySchema, standard: unknown, more?: Partial<SettingDeclaration>) => SettingsDefinition>> = {
  'in defineSettings': (schema, standard, more = {}) => defineSettings('app', { it: { schema, default: standard, description: '', ...more } }),
  'on top of a manifest': (schema, standard, more = {}) => settingsFrom({ contributes: { configuration: { properties: { 'app.it': { default: standard } } } } }, { settings: { it: { schema, ...more } } }),
};

const problem = (definition: SettingsDefinition, value: unknown): string => {
  const checked = definition.check('it', value);
  return checked.ok ? 'none' : checked.problem;
};

for (const library of libraries) {
  describe(`A schema of ${library.name}`, () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    before(() => void process.prependListener('unhandledRejection', note));
    after(() => void process.removeListener('unhandledRejection', note));

    for (const [way, define] of Object.entries(ways)) {
      describe(way, () => {
        it('accepts what is valid, refuses what is not, and converts nothing', () => {
          const cases: readonly (readonly [schema: AnySchema, standard: unknown, valid: readonly unknown[], invalid: readonly unknown[]])[] = [
            [library.count, 3, [1, 50], [0, 51, 1.5, '3', null, true, [3]]],
            [library.theme, 'dark', ['light'], ['blue', 5, null, ['light']]],
            [library.names, [], [['a'], ['a', 'b']], ['a', [5], [''], [null], {}]],
            [library.server, { host: 'h', port: 1 }, [{ host: '', port: 80 }], [{}, { host: 'h' }, { host: 5, port: 1 }, [], 'h']],
            [library.width, 'auto', [5, 'auto'], ['5', 'wide', null]],
            [library.levels, {}, [{ a: 1, 'b.c': 2 }], [{ a: 'x' }]],
          ];
          for (const [schema, standard, valid, invalid] of cases) {
            const definition = define(schema, standard);
            expect(definition.defaults['it']).to.deep.equal(standard);
            for (const value of [standard, ...valid]) expect(definition.check('it', value), JSON.stringify(value)).to.deep.equal({ ok: true, value });
            for (const value of invalid) expect(problem(definition, value), JSON.stringify(value)).to.not.equal('none');
          }
        });

        it('says where something is wrong, in words that follow the name of the setting', () => {
          expect(problem(define(library.names, []), ['a', 5])).to.match(/^\[1\]/);
          expect(problem(define(library.server, { host: 'h', port: 1 }), { host: 'h', port: 'x' })).to.match(/^port/);
          expect(problem(define(library.count, 3), 'x'.repeat(10_000))).to.have.length.below(302).and.to.not.match(/[.\s]$/);
        });

        it('P51 says nothing of a secret', () => {
          expect(problem(define(library.count, 3, { secret: true }), 99)).to.equal('is not a legal value');
        });

        it('P22 sanitises texts that are read, and refuses to write them otherwise than they are', () => {
          const definition = define(library.trimmed, 'some');
          expect(definition.check('it', '  ab ')).to.deep.equal({ ok: true, value: 'ab' });
          expect(definition.sanitise('it', ' ab')).to.equal('ab');
          expect(refusal(() => definition.validate('it', ' ab')).userAction).to.equal('Write it in its canonical form: "ab".');
        });

        it('F35 is asked of each item, where the invalid ones are dropped', () => {
          expect(define(library.names, [], { onInvalidItem: 'drop' }).accept('it', ['a', 5, '', 'b'])).to.deep.include({ ok: true, value: ['a', 'b'] });
          expect(define(library.levels, {}, { onInvalidItem: 'drop' }).accept('it', { a: 1, b: 'x' })).to.deep.include({ ok: true, value: { a: 1 } });
          expect(define(library.names, []).accept('it', ['a', 5])).to.include({ ok: false });
        });

        it('F40 is refused when it answers with a promise, and nothing is left unhandled', async () => {
          for (const later of [library.later, library.failing].filter((schema) => schema !== undefined)) {
            const error = refusal(() => define(later, 'x'));
            expect(error.message).to.match(/asynchronous test|answers with a promise/);
            expect(error.field).to.equal('it');
          }
          for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => void setImmediate(resolve));
          expect(unhandled).to.deep.equal([]);
        });

        it('is refused when it does not accept the default', () => {
          expect(refusal(() => define(library.count, 0)).message).to.match(/^"it" has a default its own schema refuses/);
        });

        it('P30 P50 never throws, whatever its own tests do and whatever it is given', () => {
          // zod tries again and waits for what throws.
          expect(problem(define(library.throwing, ''), 'boom')).to.equal(library.name === 'zod' ? 'cannot be checked: its schema answers with a promise' : 'cannot be checked: its schema throws');
          expect(problem(define(library.throwing, ''), 'other')).to.equal('none');
          for (const [name, value] of Object.entries(hostileValues)) expect(problem(define(library.server, { host: 'h', port: 1 }), value), name).to.not.equal('none');
        });

        if (library.converting !== undefined) {
          it('converts nothing, even when it would', () => {
            const definition = define(library.converting!, 5);
            expect(definition.check('it', 7)).to.deep.equal({ ok: true, value: 7 });
            expect(problem(definition, '7')).to.equal('is converted by its schema, and settings are used as they are stored');
          });
        }
      });
    }

    it('says in the manifest what it accepts, as far as it can', () => {
      const definition = ways['in defineSettings']!(library.count, 3);
      const { properties } = contributedConfiguration(definition) as { properties: Record<string, Record<string, unknown>> };
      const { type, minimum, maximum } = properties['app.it']!;
      expect({ type, minimum, maximum }).to.deep.equal(library.describes ? { type: 'integer', minimum: 1, maximum: 50 } : { type: undefined, minimum: undefined, maximum: undefined });
      expect(properties['app.it']).to.include({ default: 3, scope: 'window' }).and.to.not.have.any.keys('$schema', '~standard');
    });
  });
}
