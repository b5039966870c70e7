import { expect } from 'chai';
import * as yup from 'yup';
import { ValidationError } from '../../../src/errors.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';

const rule = yup.object({ name: yup.string().trim().defined(), level: yup.number().min(0).max(2).defined() });

/** Names of users' choice: each member is a level. */
const levels = yup.object().test('levels', 'must hold levels', (value, context) => {
  const wrong = Object.entries(value).filter(([, level]) => typeof level !== 'number');
  return wrong.length === 0 || new yup.ValidationError(wrong.map(([name]) => context.createError({ path: name, message: `${name} must be a number` })));
});

const dropping = defineSettings('dropping', {
  words: { schema: yup.array(yup.string().trim().min(2).defined()).max(3).defined(), default: [] as string[], description: 'A list', onInvalidItem: 'drop' },
  rules: { schema: yup.array(rule.defined()).defined(), default: [], description: 'A list of objects', onInvalidItem: 'drop' },
  levels: { schema: levels, default: {}, description: 'A map', onInvalidItem: 'drop' },
  options: { schema: yup.object({ a: yup.number(), 'b.c': yup.string().lowercase() }), default: {}, description: 'An object', onInvalidItem: 'drop' },
  atLeast: { schema: yup.array(yup.number().defined()).min(2).defined(), default: [1, 2], description: 'A list that must not be short', onInvalidItem: 'drop' },
  hidden: { schema: yup.array(yup.string().defined()).defined(), default: [] as string[], description: 'A secret list', secret: true, onInvalidItem: 'drop' },
  strict: { schema: yup.array(yup.string().defined()).defined(), default: [] as string[], description: 'A list that is refused', onInvalidItem: 'refuse' },
  plain: { schema: yup.array(yup.string().defined()).defined(), default: [] as string[], description: 'A list that says nothing' },
});
type Key = (typeof dropping.keys)[number];

describe('Invalid items', () => {
  const accepted: readonly (readonly [what: string, key: Key, raw: unknown, value: unknown, items: readonly string[], problem: string])[] = [
    ['of a list', 'words', ['one', 5, 'two', null], ['one', 'two'], ['[1]', '[3]'], '[1] must be a `string` type'],
    ['of a list, of which the rest is read as always', 'words', [' one ', 5, 'x'], ['one'], ['[1]', '[2]'], '[1] must be a `string` type'],
    ['of a list that is too long with them', 'words', ['one', 1, 2, 3], ['one'], ['[1]', '[2]', '[3]'], '[1] must be a `string` type'],
    ['all of them', 'words', [1, 2], [], ['[0]', '[1]'], '[0] must be a `string` type'],
    ['deep inside', 'rules', [{ name: ' a ', level: 1 }, { name: 'b', level: 3 }, { name: 'c' }, 'd'], [{ name: 'a', level: 1 }], ['[1]', '[2]', '[3]'], ''],
    ['of a map', 'levels', { one: 1, two: 'x', 'a.b': 2, 'c.d': 'y' }, { one: 1, 'a.b': 2 }, ['two', 'c.d'], 'two must be a number'],
    ['of an object', 'options', { a: 'x', 'b.c': 'Y' }, { 'b.c': 'y' }, ['a'], 'a must be a `number` type'],
    ['of an object, with a name that has a dot', 'options', { a: 1, 'b.c': 5 }, { a: 1 }, ['b.c'], '["b.c"] must be a `string` type'],
    ['of a secret: not which', 'hidden', ['ok', 5], ['ok'], [], 'is not a legal value'],
  ];
  for (const [what, key, raw, value, items, problem] of accepted) {
    it(`F35 are dropped where the declaration says so: ${what}`, () => {
      const result = dropping.accept(key, raw);
      expect(result).to.deep.include({ ok: true, value, dropped: { items, problem: result.dropped?.problem } });
      expect(result.dropped!.problem).to.match(new RegExp(`^${problem.replace(/[[\]().]/g, '\\$&')}`));
      expect(Object.isFrozen((result as { value: unknown }).value)).to.equal(true);
      expect(dropping.check(key, (result as { value: unknown }).value).ok).to.equal(true);
    });
  }

  const refused: readonly (readonly [what: string, key: Key, raw: unknown])[] = [
    ['where the declaration says so', 'strict', ['one', 5]],
    ['where it says nothing', 'plain', ['one', 5]],
    ['where the rest is too short', 'atLeast', [1, 'x']],
    ['where the rest is too long', 'words', ['one', 'two', 'three', 'four', 5]],
    ['of what is no list', 'words', 'one'],
    ['of null', 'words', null],
    ['of what is not plain data', 'words', ['one', () => undefined]],
  ];
  for (const [what, key, raw] of refused) {
    it(`F35 refuse the whole value ${what}`, () => {
      expect(dropping.accept(key, raw)).to.deep.equal(dropping.check(key, raw)).and.to.include({ ok: false });
    });
  }

  it('F35 what is valid is accepted as it is checked', () => {
    expect(dropping.accept('words', [' one '])).to.deep.equal({ ok: true, value: ['one'] });
    expect(dropping.accept('none', 5)).to.deep.equal({ ok: false, problem: 'is not a setting' });
  });

  it('F35 writes and checks stay strict', () => {
    expect(dropping.check('words', ['one', 5]).ok).to.equal(false);
    expect(() => dropping.validate('words', ['one', 5])).to.throw(ValidationError);
    expect(() => dropping.sanitise('words', ['one', 5])).to.throw(ValidationError);
    expect(() => defineSettings('x', { list: { schema: yup.array(yup.string().defined()).defined(), default: [5] as never, description: '', onInvalidItem: 'drop' } })).to.throw(ValidationError);
  });

  it('F35 a schema whose tests throw, never come to an end, or blame what is not there, refuses the whole value', () => {
    const hostile = (test: (value: unknown, context: yup.TestContext) => boolean | yup.ValidationError): ReturnType<typeof dropping.accept> => {
      const schema = yup.array(yup.number().defined()).defined().test('hostile', 'no', (value, context) => value.length === 0 || test(value, context));
      return defineSettings('x', { list: { schema, default: [], description: '', onInvalidItem: 'drop' } }).accept('list', [1, 2, 3, 4, 5, 6, 7, 8]);
    };
    expect(hostile(() => { throw new Error('no'); }).ok, 'throws').to.equal(false);
    expect(hostile(() => new yup.ValidationError('no')).ok, 'does not say where').to.equal(false);
    expect(hostile((_value, context) => context.createError({ path: '[0]' })).ok, 'blames one more each time').to.equal(false);
    expect(hostile((_value, context) => context.createError({ path: '[99]' })).ok, 'blames what is not there').to.equal(false);
    expect(hostile((_value, context) => context.createError({ path: 'x.y[0]' })).ok, 'blames what cannot be there').to.equal(false);
    expect(hostile(() => Promise.reject(new Error('no')) as never).ok, 'is asynchronous').to.equal(false);
    let calls = 0;
    const result = hostile((value, context) => (calls++ < 2 ? context.createError({ path: `[${(value as number[]).length - 1}]` }) : true));
    expect(result, 'one after the other').to.deep.include({ ok: true, value: [1, 2, 3, 4, 5, 6, 7] });
  });

  it('F35 a schema that makes something else of a list is not followed', () => {
    const schema = yup.array(yup.number().defined()).transform((value: unknown) => (Array.isArray(value) ? { not: 'plain', at: () => undefined } : value)).defined();
    const { accept } = defineSettings('x', { list: { schema: schema as never, default: [] as never, description: '', onInvalidItem: 'drop' } });
    expect(accept('list', [1, 'x'])).to.deep.include({ ok: true, value: [1] });
  });

  it('F35 what has no items, or is no choice, is refused by defineSettings', () => {
    const define = (declaration: object): unknown => defineSettings('x', { key: { description: '', ...declaration } as never });
    for (const [schema, standard] of [[yup.number(), 1], [yup.string(), ''], [yup.mixed(), 1], [yup.tuple([yup.number().defined()]), [1]]] as const) {
      expect(() => define({ schema, default: standard, onInvalidItem: 'drop' })).to.throw(ValidationError, 'neither a list nor an object');
      expect(() => define({ schema, default: standard, onInvalidItem: 'refuse' })).not.to.throw();
    }
    expect(() => define({ schema: yup.array(), default: [], onInvalidItem: 'skip' })).to.throw(ValidationError, '"onInvalidItem", which must be one of drop, refuse');
  });
});
