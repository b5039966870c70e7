import { expect } from 'chai';
import * as yup from 'yup';
import { StoreError, ValidationError } from '../../../src/errors.ts';
import type { ValuesOf } from '../../../src/settings/declaration.ts';
import { defineSettings, type SettingsDefinition } from '../../../src/settings/define-settings.ts';
import { converted } from '../../../src/settings/former.ts';
import { hostileKeys, hostileValues } from './hostile.ts';
import { refusal } from './refusal.ts';

const declarations = {
  count: { schema: yup.number().integer().min(1).max(50).defined(), default: 3, description: 'A number.' },
  provider: { schema: yup.string().trim().lowercase().oneOf(['claude', 'aider']).defined(), default: 'claude', description: 'A choice.' },
  recent: { schema: yup.array().of(yup.string().trim().defined()).max(3).defined(), default: [] as string[], description: 'A list.' },
  server: {
    schema: yup.object({ host: yup.string().required(), port: yup.number().integer().default(80) }).noUnknown(),
    default: { host: 'localhost', port: 80 },
    description: 'An object.',
  },
  token: { schema: yup.string().trim().max(20).defined(), default: '', description: 'A secret.', secret: true },
  anything: { schema: yup.mixed().nullable(), default: null, description: 'Anything that is JSON.' },
} as const;
const settings = defineSettings('section', declarations);

describe('A settings definition', () => {
  it('knows its section, keys and defaults', () => {
    expect(settings.section).to.equal('section');
    expect(settings.keys).to.deep.equal(['count', 'provider', 'recent', 'server', 'token', 'anything']);
    expect({ ...settings.defaults }).to.deep.equal({
      count: 3, provider: 'claude', recent: [], server: { host: 'localhost', port: 80 }, token: '', anything: null,
    });
  });

  it('F15 refuses a setting below another one, and names both', () => {
    const declaration = { schema: yup.number().defined(), default: 1, description: 'A number.' };
    for (const keys of [['group', 'group.deep'], ['group.deep.er', 'group'], ['a', 'group.deep', 'group.deep.er']]) {
      const deep = keys.toSorted((a, b) => b.length - a.length)[0]!;
      const error = refusal(() => defineSettings('section', Object.fromEntries(keys.map((key) => [key, declaration]))));
      expect(error.field).to.equal(deep);
      expect(error.message).to.contain(`"${deep}"`).and.to.contain(`beside "${keys.find((key) => deep.startsWith(`${key}.`))}"`);
    }
    expect(defineSettings('section', { 'group.a': declaration, 'group.b': declaration, 'groups': declaration }).keys).to.have.lengthOf(3);
  });

  it('P32 cannot be changed by anybody', () => {
    expect(() => void ((settings.defaults as { count: number }).count = 4)).to.throw(TypeError);
    expect(() => (settings.defaults.recent).push('x')).to.throw(TypeError);
    expect(() => (settings.keys as string[]).push('x')).to.throw(TypeError);
    expect(() => void ((settings.declarations as Record<string, unknown>)['x'] = {})).to.throw(TypeError);
  });

  it('tells what is secret', () => {
    expect(settings.isSecret('token')).to.equal(true);
    expect(settings.isSecret('count')).to.equal(false);
    expect(settings.isSecret('nothing')).to.equal(false);
  });
});

describe('A declaration', () => {
  const schema = yup.number().defined();
  const declared = (more: object): unknown => defineSettings('section', { a: { schema, default: 1, description: '', ...more } });

  it('F38 has no field but those that are known, also where no compiler sees to it', () => {
    for (const field of ['minimum', 'type', 'requird', 'toString']) {
      const error = refusal(() => declared({ [field]: 'x' }));
      expect(error.message).to.equal(`"a" is declared with "${field}", which declarations do not have.`);
      expect(error.userAction).to.match(/^The fields of a declaration are: schema, default, description, .*tags/);
    }
    declared({ tags: ['experimental'], markdownDescription: '*A* number.', order: 7 });
  });

  it('F37 has a scope of VS Code, also where no compiler sees to it', () => {
    for (const scope of ['workspace', 'Window', 'toString', null]) {
      const error = refusal(() => declared({ scope }));
      expect(error.message).to.equal(`"a" is declared with the scope ${JSON.stringify(scope)}, which VS Code does not have.`);
      expect(error.userAction).to.match(/^The scopes are: application, machine, .*language-overridable\.$/);
    }
    declared({ scope: 'machine-overridable' });
    declared({ scope: undefined });
  });

  it('F37 has a schema of yup, also where no compiler sees to it', () => {
    for (const other of [undefined, null, {}, { type: 'number' }, 'number']) {
      const error = refusal(() => declared({ schema: other }));
      expect(error.message).to.equal('"a" needs a schema of yup, or one that follows Standard Schema.');
      expect(error.userAction).to.match(/^Declare it as in \{ schema: yup/);
    }
  });

  it('F37 F38 has in each field what belongs there, also where no compiler sees to it', () => {
    for (const [field, words, ...wrong] of [
      ['description', 'a text', undefined, null, 5],
      ['secret', 'true or false', 1, 'true', null],
      ['tags', 'a list of texts', 'experimental', [1], {}],
      ['order', 'a number', '1', NaN],
      ['editPresentation', 'one of singlelineText, multilineText', 'multiline'],
      ['formerly', 'a list of { key, convert }', { key: 'old' }, ['old'], [null], [{ key: 5 }], [{ convert: 'x' }], [{ deprecationMessage: 5 }]],
    ] as const) {
      for (const value of wrong) expect(refusal(() => declared({ [field]: value })).message).to.equal(`"a" is declared with "${field}", which must be ${words}.`);
    }
    for (const none of [undefined, null, 5]) expect(refusal(() => defineSettings('section', { a: none as never })).message).to.equal('"a" needs a schema of yup, or one that follows Standard Schema.');
    declared({ formerly: [{ key: 'old' }, { convert: Number }], secret: false, tags: undefined });
  });

  it('F37 has no default in its schema as well', () => {
    const declaration = { schema: yup.number().default(5), default: 1, description: '' };
    // @ts-expect-error the compiler refuses it as well
    const error = refusal(() => defineSettings('section', { a: declaration }));
    expect(error.message).to.equal('"a" has a schema with .default(…): the default is a field of the declaration.');
  });

  it('F39 may be given `as const`, with a list or an object as its default', () => {
    const constant = {
      list: { schema: yup.array(yup.string().defined()).defined(), default: ['a', 'b'], description: '', tags: ['experimental'] },
      pair: { schema: yup.tuple([yup.string().defined(), yup.number().defined()]).defined(), default: ['a', 1], description: '' },
      tree: { schema: yup.object({ names: yup.array(yup.string().defined()).defined() }).defined(), default: { names: ['a'] }, description: '', formerly: [{ key: 'bush' }] },
    } as const;
    const { defaults } = defineSettings('section', constant);
    expect({ ...defaults }).to.deep.equal({ list: ['a', 'b'], pair: ['a', 1], tree: { names: ['a'] } });
    const list: string[] = defaults.list;
    expect(list).to.have.lengthOf(2);
  });
});

describe('An asynchronous test of a schema', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const later = async (): Promise<boolean> => {
    await turn();
    throw new Error('later');
  };

  beforeEach(() => void process.prependListener('unhandledRejection', note));
  afterEach(() => void process.removeListener('unhandledRejection', note));

  it('F40 is refused when the settings are defined, wherever it is, and nothing is left unhandled', async () => {
    const text = yup.string().test('later', 'no', later).defined();
    const cases: [yup.Schema, unknown][] = [
      [text, ''],
      [yup.array(text).defined(), []],
      [yup.tuple([yup.number().defined(), text]).defined(), [1, '']],
      [yup.object({ inner: yup.object({ text }) }).defined(), { inner: { text: '' } }],
      [yup.string().transform(later).defined(), ''],
    ];
    for (const [schema, value] of cases) {
      const error = refusal(() => defineSettings('section', { a: { schema, default: value, description: '' } }));
      expect(error.message).to.equal('"a" has an asynchronous test or transform in its schema: values are read without waiting.');
    }
    await turn();
    await turn();
    expect(unhandled).to.deep.equal([]);
  });

  it('F40 neither has a conversion of old values, nor a transform that only turns out to be one', async () => {
    const schema = yup.number().defined();
    const error = refusal(() => defineSettings('section', { a: { schema, default: 1, description: '', formerly: [{ convert: later }] } }));
    expect(error.message).to.equal('"a" has an asynchronous conversion of old values: values are read without waiting.');
    const form = { convert: () => later() };
    const definition = defineSettings('section', {
      a: { schema, default: 1, description: '', formerly: [form] },
      b: { schema: yup.string().transform((): unknown => later()).defined(), default: 'b', description: '' },
    });
    expect(converted(definition, 'a', form, 'old')).to.deep.equal({ ok: false, problem: 'cannot be converted: its conversion is asynchronous' });
    expect(definition.check('b', 'as it is')).to.deep.equal({ ok: true, value: 'as it is' });
    await turn();
    await turn();
    expect(unhandled).to.deep.equal([]);
  });

  it('F40 is not left unhandled in members and items either', async () => {
    const text = yup.string().transform((): unknown => later()).defined();
    const definition = defineSettings('section', {
      tree: { schema: yup.object({ a: text, b: yup.object({ c: text }) }).defined(), default: { a: 'a', b: { c: 'c' } }, description: '' },
      list: { schema: yup.array(text).defined(), default: [], description: '', onInvalidItem: 'drop' },
    });
    expect(definition.check('tree', { a: 'x', b: { c: 'y' } })).to.deep.equal({ ok: true, value: { a: 'x', b: { c: 'y' } } });
    expect(definition.accept('list', ['x', 5, 'y'])).to.deep.include({ ok: true, value: ['x', 'y'] });
    await turn();
    await turn();
    expect(unhandled).to.deep.equal([]);
  });

  it('F40 is refused as well when only its answer tells that it is one', async () => {
    const text = yup.string().test('later', 'no', () => later()).defined();
    const error = refusal(() => defineSettings('section', { a: { schema: text, default: '', description: '' } }));
    expect(error.message).to.equal('"a" has a default its own schema refuses: "a" cannot be checked: its schema has an asynchronous test.');
    const list = defineSettings('section', { a: { schema: yup.array(text).defined(), default: [], description: '' } });
    expect(list.check('a', ['x'])).to.deep.equal({ ok: false, problem: 'cannot be checked: its schema has an asynchronous test' });
    await turn();
    await turn();
    expect(unhandled).to.deep.equal([]);
  });
});

describe('check: a raw value from a store', () => {
  it('accepts legal values', () => {
    for (const [key, value] of [['count', 50], ['recent', ['a']], ['server', { host: 'h', port: 1 }], ['anything', { a: [null] }]] as const) {
      expect(settings.check(key, value)).to.deep.equal({ ok: true, value });
    }
  });

  it('sanitises texts, wherever they are', () => {
    expect(settings.check('provider', ' Claude ')).to.deep.equal({ ok: true, value: 'claude' });
    expect(settings.check('recent', [' a ', 'b'])).to.deep.equal({ ok: true, value: ['a', 'b'] });
    expect(settings.check('server', { host: 'h' })).to.deep.equal({ ok: true, value: { host: 'h' } });
  });

  it('never converts between types', () => {
    for (const [key, value] of [['count', '5'], ['count', true], ['count', null], ['provider', 5], ['recent', 'a'], ['recent', [5]], ['server', '{"host":"h"}'], ['recent', { length: 0 }]] as const) {
      expect(settings.check(key, value).ok, `${key}: ${JSON.stringify(value)}`).to.equal(false);
    }
  });

  it('says what is wrong in words that follow the name of the setting', () => {
    const problem = (key: string, value: unknown): string => (settings.check(key, value) as { problem: string }).problem;
    expect(problem('count', 51)).to.equal('must be less than or equal to 50');
    expect(problem('count', 2.5)).to.equal('must be an integer');
    expect(problem('count', 'x'.repeat(10_000))).to.equal('must be a `number` type');
    expect(problem('provider', 'gpt')).to.equal('must be one of the following values: claude, aider');
    expect(problem('recent', ['a', 5])).to.equal('[1] must be a `string` type');
    expect(problem('server', {})).to.equal('host is a required field');
    expect(problem('server', { host: 'h', ['x'.repeat(1_000)]: 1 })).to.have.length.below(302);
    expect(problem('nothing', 1)).to.equal('is not a setting');
  });

  it('P51 says nothing that could show the value of a secret', () => {
    const told = settings.check('token', 'a secret that is far too long') as { problem: string };
    expect(told.problem).to.equal('is not a legal value');
  });

  it('P50 never throws, and accepts nothing hostile', () => {
    for (const key of settings.keys) {
      for (const [name, value] of Object.entries(hostileValues)) expect(settings.check(key, value).ok, `${key}: ${name}`).to.equal(false);
    }
    for (const key of hostileKeys) expect(settings.check(key as string, 3).ok).to.equal(false);
    for (const key of hostileKeys) expect(settings.isSecret(key as string)).to.equal(false);
  });

  it('P30 holds a schema that throws for a value that is not legal', () => {
    const broken = defineSettings('broken', {
      test: { schema: yup.string().test('x', 'x', (text) => { if (text === 'boom') throw new TypeError('boom'); return true; }).defined(), default: '', description: '' },
      cast: { schema: yup.string().transform((text: string) => { if (text === 'boom') throw new TypeError('boom'); return text; }).defined(), default: '', description: '' },
      shape: { schema: yup.string().transform((text: string) => (text === 'n' ? 5 : text)).defined(), default: '', description: '' },
    });
    for (const key of ['test', 'cast']) expect(broken.check(key, 'boom')).to.deep.equal({ ok: false, problem: 'cannot be checked: its schema throws' });
    expect(broken.check('shape', 'n')).to.deep.equal({ ok: true, value: 'n' });
  });

  it('leaves alone what a schema would turn into something of another shape', () => {
    const shapes = defineSettings('shapes', {
      list: { schema: yup.mixed().transform((value: unknown) => (Array.isArray(value) ? { ...(value as object) } : value)).nullable(), default: null, description: '' },
      object: { schema: yup.mixed().transform((value: unknown) => (value === null ? value : typeof value === 'object' ? 'text' : value)).nullable(), default: null, description: '' },
      renamed: { schema: yup.mixed().transform((value: unknown) => (value === null ? value : { other: 1 })).nullable(), default: null, description: '' },
      nothing: { schema: yup.mixed().transform((value: unknown) => (value === null ? value : undefined)).nullable(), default: null, description: '' },
    });
    expect(shapes.check('list', [1])).to.deep.equal({ ok: true, value: [1] });
    expect(shapes.check('object', { a: 1 })).to.deep.equal({ ok: true, value: { a: 1 } });
    expect(shapes.check('renamed', { name: 1 })).to.deep.equal({ ok: true, value: { name: 1 } });
    expect(shapes.check('nothing', 'text')).to.deep.equal({ ok: true, value: 'text' });
  });
});

describe('validate: a value to write', () => {
  it('F68 is refused in one sentence, and what to do is said in another', () => {
    const { message, userAction } = refusal(() => settings.validate('count', 51));
    expect(`${message} ${userAction}`).to.equal('"count" must be less than or equal to 50. Use a valid value for section.count.');
    const quoting = defineSettings('quoting', { text: { schema: yup.string().max(3, 'is too long!').defined(), default: '', description: '' } });
    expect(refusal(() => quoting.validate('text', 'longer')).message).to.equal('"text" is too long!');
    expect(new StoreError('permission', 'EACCES: permission denied').message).to.equal('EACCES: permission denied.');
    expect(new StoreError('io', 'It failed.').message).to.equal('It failed.');
  });

  it('P22 gives back exactly what was asked for', () => {
    expect(settings.validate('count', 7)).to.equal(7);
    expect(settings.validate('server', { host: 'h' })).to.deep.equal({ host: 'h' });
  });

  it('P22 refuses what it would have to change, and tells the canonical form to the user alone', () => {
    const error = refusal(() => settings.validate('provider', 'Claude'));
    expect(error.message).to.equal('"provider" is not in its canonical form.');
    expect(error.userAction).to.equal('Write it in its canonical form: "claude".');
    expect(error).to.include({ field: 'provider', retryable: false, code: 'VALIDATION' });
  });

  it('P51 does not tell that of a secret, nor the secret', () => {
    const error = refusal(() => settings.validate('token', ' s3cret '));
    expect(error.userAction).to.equal('Write it in its canonical form.');
    expect(JSON.stringify([error.message, error.context])).not.to.contain('s3cret');
  });

  it('P50 refuses hostile values with the name of the setting, for every kind of setting', () => {
    for (const key of settings.keys) {
      for (const [name, value] of Object.entries(hostileValues)) {
        const error = refusal(() => settings.validate(key, value));
        expect(error.field, name).to.equal(key);
        expect(error.message, name).to.have.length.below(400);
      }
    }
  });

  it('P50 refuses hostile keys, in a message that is short and safe to print', () => {
    for (const key of hostileKeys) {
      for (const act of [() => settings.validate(key as 'count', 3), () => settings.validateKey(key), () => settings.sanitise(key as 'count', 3)]) {
        const error = refusal(act);
        expect(error.message).to.have.length.below(400);
        expect(error.message).not.to.match(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);  
      }
    }
  });

  it('says which settings there are', () => {
    expect(refusal(() => settings.validateKey('cuont')).userAction).to.contain('count, provider');
  });

  it('says what is wrong', () => {
    const error = refusal(() => settings.validate('count', 51));
    expect(error.message).to.equal('"count" must be less than or equal to 50.');
    expect(error.userAction).to.equal('Use a valid value for section.count.');
  });
});

describe('sanitise: a value from outside, in its canonical form', () => {
  it('trims and folds as the schema says', () => {
    expect(settings.sanitise('provider', ' AIDER')).to.equal('aider');
    expect(settings.sanitise('count', 5)).to.equal(5);
  });

  it('refuses what is not legal even so', () => {
    expect(refusal(() => settings.sanitise('provider', 'gpt')).field).to.equal('provider');
  });
});

describe('defineSettings', () => {
  const schema = yup.string().defined();
  const setting = { schema, default: '', description: '' };

  it('refuses sections and keys that cannot be', () => {
    for (const section of ['', '../x', '__proto__', 'a'.repeat(257), 'a<b', undefined, 5]) refusal(() => defineSettings(section as string, { a: setting }));
    for (const key of ['', '..', '__proto__', 'section.a', 'a\u0000']) {
      refusal(() => defineSettings('section', Object.fromEntries([[key, setting]]) as { a: typeof setting }));
    }
  });

  it('refuses a default that its own schema refuses, and says why', () => {
    const error = refusal(() => defineSettings('section', { count: { schema: yup.number().min(5).defined(), default: 3, description: '' } }));
    expect(error.field).to.equal('count');
    expect(error.message).to.contain('has a default its own schema refuses').and.to.contain('must be greater than or equal to 5');
    expect(refusal(() => defineSettings('section', { a: { ...setting, default: undefined as unknown as string } })).field).to.equal('a');
    expect(refusal(() => defineSettings('section', { a: { schema, description: '' } as unknown as typeof setting })).field).to.equal('a');
  });

  it('keeps defaults that the caller changes afterwards', () => {
    const list = ['a'];
    const { defaults } = defineSettings('section', { list: { schema: yup.array().of(schema).defined(), default: list, description: '' } });
    list.push('b');
    expect(defaults.list).to.deep.equal(['a']);
  });
});

/** These are checked by the compiler: a line that should not compile and does is an error. */
describe('The types of a definition', () => {
  type Values = ValuesOf<typeof declarations>;
  const typed = <T>(value: T): T => value;

  it('follow from the schemas', () => {
    typed<SettingsDefinition<Values>>(settings);
    typed<number>(settings.defaults.count);
    typed<'claude' | 'aider'>(settings.defaults.provider);
    typed<string[]>(settings.defaults.recent);
    typed<string>(settings.defaults.server.host);
    // @ts-expect-error a text is not a number
    typed<string>(settings.defaults.count);
    // @ts-expect-error the literals of an enumeration are kept
    typed<'claude'>(settings.defaults.provider);
    // @ts-expect-error there is no such setting
    expect(settings.defaults.nothing).to.equal(undefined);
    // @ts-expect-error there is no such setting
    expect(() => settings.validate('nothing', 1)).to.throw(ValidationError);
    typed<number>(settings.validate('count', 3));
  });

  it('hold each default against its schema', () => {
    // @ts-expect-error the default is not a number
    expect(() => defineSettings('s', { a: { schema: yup.number().defined(), default: 'x', description: '' } })).to.throw(ValidationError);
    // @ts-expect-error the default is not one of the values
    expect(() => defineSettings('s', { a: { schema: yup.string().oneOf(['x', 'y']).defined(), default: 'z', description: '' } })).to.throw(ValidationError);
    // @ts-expect-error a setting has a description
    expect(() => defineSettings('s', { a: { schema: yup.number().defined(), default: 1 } })).to.throw(ValidationError);
    // @ts-expect-error VS Code knows no such scope
    expect(() => defineSettings('s', { a: { schema: yup.number().defined(), default: 1, description: '', scope: 'galaxy' } })).to.throw(ValidationError);
    // @ts-expect-error a setting has a schema
    expect(() => defineSettings('s', { a: { default: 1, description: '' } })).to.throw(ValidationError);
  });

  it('narrow a key once it has been checked', () => {
    const key: unknown = 'count';
    const definition: SettingsDefinition<Values> = settings;
    definition.validateKey(key);
    typed<keyof Values>(key);
  });

  it('refuses a former key that is none, or that is a setting today', () => {
    const schema = yup.number().defined();
    const former = (key: string) => () => defineSettings('s', {
      a: { schema, default: 1, description: '', formerly: [{ key }] },
      b: { schema, default: 1, description: '' },
    });
    for (const key of ['', '__proto__', 's.a', 'b', 'x..y']) expect(former(key), key).to.throw(ValidationError);
    expect([...former('old')().formerKeys]).to.deep.equal([['old', 'a']]);
  });
});
