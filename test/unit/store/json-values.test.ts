import { expect } from 'chai';
import { getNodeValue, parseTree } from 'jsonc-parser';
import { utimesSync, writeFileSync } from 'node:fs';
import { sameData } from '../../../src/settings/plain-data.ts';
import { edited, parseJson, valueAt } from '../../../src/store/json-text.ts';
import type { Scope, Store } from '../../../src/store/store.ts';
import fc from '../../fast-check.ts';
import { until } from '../../limits.ts';
import { effective, failureOf, observed, Place, readBack, write } from './json-support.ts';

/** What a settings file may look like: the same as in VS Code. */
describe('Spellings of a setting: JsonStore', () => {
  const place = new Place();

  describe('nested objects:', () => {
    const files: readonly (readonly [string, unknown, string])[] = [
      ['{"s": {"a": 6}}', 6, 'in an object'],
      ['{"s.a": 5, "s": {"a": 6}}', 6, 'the object, which comes later, wins'],
      ['{"s.a": 5, "s": {}}', undefined, 'as a whole'],
      ['{"s": {"a": 6}, "s.a": 5}', 5, 'and the name with dots, when that comes later'],
      ['{"s": {"a": {"x": 1}}, "s.a.y": 2, "s.a.z.z": 3}', { x: 1, y: 2, z: { z: 3 } }, 'parts of a value are added'],
      ['{"s.a.y": 2}', { y: 2 }, 'also to none'],
      ['{"s": {"a": 1}, "s": {"b": 2}}', undefined, 'of objects of the same name the last one counts'],
      ['{"s.a": 1, "s": {"a": 2}, "s.a": 3}', 2, 'in the place of the first'],
      ['{"s": 5, "s.a": 6}', undefined, 'what is no object has no room'],
      ['{"s": null, "s.a": 6}', undefined, 'nor has null'],
      ['{"s": [1], "s.a": 6}', undefined, 'nor has a list'],
      ['{"s": {"a.b": 1}}', undefined, 'a name in an object is not taken apart'],
      ['{"s": {"__proto__": {"a": 1}}, "__proto__.s.a": 1}', undefined, 'a prototype is a name like others'],
    ];
    for (const [text, value, what] of files) {
      it(`F12: ${text}: ${what}`, async () => {
        const store = await place.loaded(text);
        expect([effective(store, 'a'), store.read('a', {}).layers.has('user'), await readBack(store, 'a')]).to.deep.equal([value, value !== undefined, value]);
        const blocks = await place.loaded(`{"[ts]": ${text}}`);
        expect([effective(blocks, 'a', { languageId: 'ts' }), await readBack(blocks, 'a', { languageId: 'ts' })]).to.deep.equal([value, value]);
      });
    }

    const edits: readonly (readonly [string, string, unknown, string])[] = [
      ['is exchanged where it is', '{\n  "s": {\n    "a": 6, // mine\n    "b": 1\n  }\n}', 7, '{\n  "s": {\n    "a": 7, // mine\n    "b": 1\n  }\n}'],
      ['is reset where it is', '{\n  "s": {\n    "a": 6, // mine\n    "b": 1\n  }\n}', undefined, '{\n  "s": {\n    // mine\n    "b": 1\n  }\n}'],
      ['is reset in all spellings', '{\n  "s.a": 5,\n  "s": {\n    "a": 6\n  },\n  "s.a.x": 1,\n  "x": 0\n}', undefined, '{\n  "s": {\n  },\n  "x": 0\n}'],
      ['is exchanged in the spelling that counts', '{\n  "s.a": 5,\n  "s": {\n    "a": 6\n  }\n}', 7, '{\n  "s.a": 5,\n  "s": {\n    "a": 7\n  }\n}'],
      ['is written behind an object that hides it', '{\n  "s.a": 5, // five\n  "s": {}\n}', 7, '{\n  // five\n  "s": {},\n  "s.a": 7\n}'],
      ['is written without the parts it had', '{\n  "s.a": {"x": 1},\n  "s.a.y": 2\n}', { x: 2 }, '{\n  "s.a": {\n    "x": 2\n  }\n}'],
      ['is added beside an object that has none', '{\n  "s": {\n    "b": 1\n  }\n}', 7, '{\n  "s": {\n    "b": 1\n  },\n  "s.a": 7\n}'],
    ];
    for (const [what, before, value, after] of edits) {
      it(`F12: a value ${what} (P22)`, async () => {
        const store = await place.loaded(before);
        await write(store, 'a', value);
        expect([place.text(), effective(store, 'a'), await readBack(store, 'a')]).to.deep.equal([after, value, value]);
      });
    }

    it('F12: a value for which there is no room is refused, with the line of what is in its way (P9)', async () => {
      const store = await place.loaded('{\n  "x": 1,\n  "s": "text"\n}');
      const error = await failureOf(write(store, 'a', 1));
      expect([error.reason, error.message]).to.deep.equal(['invalid-file', `${place.user} has no room for "s.a": "s" is no object in line 3, column 3.`]);
      expect(error.userAction).to.equal(`Correct line 3, column 3 of ${place.user}, then try again.`);
      await write(store, 'a', undefined);
      expect(place.text()).to.equal('{\n  "x": 1,\n  "s": "text"\n}');
    });

    it('F12: whatever is in the file: what is written is read, and what belongs to others stays (P22, P31)', () => {
      fc.assert(fc.property(settings, fc.constantFrom('s.a', 's.a.b', 's'), fc.option(value, { nil: undefined }), (text, name, asked) => {
        const others = (from: string): unknown => valueAt(parseJson('file', from), { name: 'other' });
        let after: string;
        try {
          after = edited('file', text, { name }, asked);
        } catch {
          // It has no room: something on the way is no object.
          const [outer, inner] = name.split('.').slice(0, -1).map((_, index, all) => valueAt(parseJson('file', text), { name: all.slice(0, index + 1).join('.') }));
          expect([outer, inner].some((each) => each !== undefined && !isObject(each)), text).to.equal(true);
          return;
        }
        expect(sameData(valueAt(parseJson('file', after), { name }), asked), `${text}\n${after}`).to.equal(true);
        expect(sameData(others(after), others(text)), after).to.equal(true);
        expect(getNodeValue(parseTree(after)!), 'once is enough').to.deep.equal(getNodeValue(parseTree(edited('file', after, { name }, asked))!));
      }), { numRuns: 2_000 });
    });
  });

  describe('blocks for several languages:', () => {
    const both = '{"s.a": 1, "[javascript][typescript]": {"s.a": 2}}';
    const read = (store: Store): unknown[] => ['javascript', 'typescript', 'python', undefined].map((languageId) => effective(store, 'a', scope(languageId)));
    const scope = (languageId: string | undefined): Scope => (languageId === undefined ? {} : { languageId });

    it('F13: their values hold for each of them (P34)', async () => {
      const store = await place.loaded(both);
      expect(read(store)).to.deep.equal([2, 2, 1, 1]);
      expect(store.read('a', { languageId: 'typescript' }).layers.get('user-language')).to.equal(2);
      expect(store.defaultTarget('a', { languageId: 'typescript' })).to.equal('user');
    });

    it('F13: a block for one language alone wins, wherever it stands, and objects are merged (P34)', async () => {
      const store = await place.loaded('{"[typescript]": {"s.a": {"own": 1}}, "[javascript][typescript]": {"s.a": {"own": 0, "both": 2}}, "[ typescript ][x]": {"s": {"a": {"third": 3}}}}');
      expect(effective(store, 'a', { languageId: 'typescript' })).to.deep.equal({ own: 1, both: 2, third: 3 });
      expect(effective(store, 'a', { languageId: 'javascript' })).to.deep.equal({ own: 0, both: 2 });
      expect(effective(store, 'a', { languageId: 'x' })).to.deep.equal({ third: 3 });
    });

    it('F13: a value for one language is written to a block of its own, and the others keep theirs', async () => {
      const store = await place.loaded(both);
      await write(store, 'a', 3, { languageId: 'typescript' });
      expect(read(store)).to.deep.equal([2, 3, 1, 1]);
      expect(await readBack(store, 'a', { languageId: 'typescript' })).to.equal(3);
      await write(store, 'a', undefined, { languageId: 'typescript' });
      expect(read(store)).to.deep.equal([2, 2, 1, 1]);
      // What shines through is another block's: there is nothing in its own.
      expect(await readBack(store, 'a', { languageId: 'typescript' })).to.equal(undefined);
      expect(place.text()).to.contain('"[javascript][typescript]": {"s.a": 2}');
    });

    it('F13: a change in such a block is told, and one that says nothing of ours is not (P33)', async () => {
      const store = await place.loaded(both);
      const changes = observed(store);
      writeFileSync(place.user, both.replace('2', '3'));
      await changes.count(1);
      expect(read(store)).to.deep.equal([3, 3, 1, 1]);
      writeFileSync(place.user, both.replace('2', '3').replace('{', '{"[x][y]": {"other": 1}, '));
      await store.load();
      expect(changes.calls()).to.equal(1);
    });

    it('F13: of several names for one language the last counts, for writes too, also when it says nothing of ours (P20 P34)', async () => {
      const store = await place.loaded('{\n  "[js]": {"s.a": 1},\n  "[ js ]": {"other": 1}\n}\n');
      expect([effective(store, 'a', scope('js')), store.scopes!('a')]).to.deep.equal([undefined, [{}]]);
      await write(store, 'a', 2, scope('js'));
      expect([effective(store, 'a', scope('js')), await readBack(store, 'a', scope('js'))]).to.deep.equal([2, 2]);
      expect(place.text()).to.equal('{\n  "[js]": {"s.a": 1},\n  "[ js ]": {"other": 1, "s.a": 2}\n}\n');
    });

    it('F13: that a block hides the one before it is told (P33)', async () => {
      const store = await place.loaded('{"[js]": {"s.a": 1}}');
      const changes = observed(store);
      writeFileSync(place.user, '{"[js]": {"s.a": 1}, "[ js ]": {"other": 1}}');
      await store.load();
      expect([changes.calls(), effective(store, 'a', scope('js'))]).to.deep.equal([1, undefined]);
    });

    it('F13: a name that is there again keeps its place: what is written is what is read (P20 P34)', async () => {
      const store = await place.loaded('{"[js]": {"s.a": 1}, "[ js ]": {"s.a": 2}, "[js]": {"s.a": 3}}');
      expect([effective(store, 'a', scope('js')), await readBack(store, 'a', scope('js'))]).to.deep.equal([2, 2]);
      await write(store, 'a', 9, scope('js'));
      expect([effective(store, 'a', scope('js')), await readBack(store, 'a', scope('js'))]).to.deep.equal([9, 9]);
      expect(place.text()).to.equal('{"[js]": {"s.a": 1}, "[ js ]": {"s.a": 9}, "[js]": {"s.a": 3}}');
    });

    it('F13: names that are no blocks are settings like others', async () => {
      const store = await place.loaded('{"[]": {"s.a": 1}, "[ts": {"s.a": 1}, "x[ts]": {"s.a": 1}, "[js]x": {"s.a": 1}, "[ts][]": {"s.a": 1}}');
      for (const languageId of ['ts', 'js', 'x', '']) expect(effective(store, 'a', { languageId })).to.equal(undefined);
    });
  });

  describe('a name that is there many times:', () => {
    const many = 3_000;
    const lines = (line: string): string => `{\n${Array.from({ length: many }, (_, n) => `  ${line},  // ${n}\n`).join('')}  "x": 1\n}\n`;

    /**
     * Eight times as many take about eight times as long, and not 64 times: then each of them would cost what all others are.
     * The least times count: on a busy machine it takes some more rounds until both are what the work itself takes.
     */
    async function isLinear(work: (text: string) => void, line: string): Promise<void> {
      const time = (text: string): number => {
        const begun = process.cpuUsage();
        work(text);
        const { user, system } = process.cpuUsage(begun);
        return user + system;
      };
      const repeated = (times: number): string => `{\n${Array.from({ length: times }, () => `  ${line},\n`).join('')}  "x": 1\n}\n`;
      const texts = [repeated(many), repeated(8 * many)] as const;
      time(repeated(1_000));
      let least = [Infinity, Infinity];
      await until(() => `eight times as many take less than 24 times as long: ${least.join(', ')} us`, () => {
        least = least.map((before, index) => Math.min(before, time(texts[index]!)));
        return least[1]! < 24 * least[0]!;
      });
    }

    it('F16: all are removed at once, and their comments stay', async () => {
      const store = await place.loaded(lines('"s.a": 1'));
      await write(store, 'a', undefined);
      expect(place.text()).to.equal(`{\n${Array.from({ length: many }, (_, n) => `  // ${n}\n`).join('')}  "x": 1\n}\n`);
    });

    it('F16: the time that takes grows as their number does', async () => {
      await isLinear((text) => edited('file', text, { name: 's.a' }, undefined), '"s.a": 1');
      await isLinear((text) => edited('file', text, { name: 's.a' }, { b: 1 }), '"s.a.x": 1');
    });

    it('F16: so it does for blocks, and for objects', async () => {
      for (const line of ['"[ts]": {"s.a": 1}', '"s": {"a": 1}']) {
        const store = await place.loaded(lines(line));
        const scope = line.startsWith('"[') ? { languageId: 'ts' } : {};
        await write(store, 'a', undefined, scope);
        expect(effective(store, 'a', scope)).to.equal(undefined);
      }
    });

    const layouts: readonly (readonly [string, string])[] = [
      ['{ "s.a": 1, "s.a": 2 }', '{ }'],
      ['{"s.a":1,"s.a":2,"x":3}', '{"x":3}'],
      ['{"x":3,"s.a":1,"s.a":2}', '{"x":3}'],
      ['{"x":3,"s.a":1,"s.a":2,}', '{"x":3,}'],
      ['{\n  "s.a": 1,\n  "s.a": 2\n}', '{\n}'],
      ['{\n  "s.a": 1, "s.a": 2\n}', '{\n}'],
      ['{\n  "s.a": 1, "s.a": 2,\n  "x": 3\n}', '{\n  "x": 3\n}'],
      ['{\n  "s.a": 1, "s.a": 2, "x": 3\n}', '{\n  "x": 3\n}'],
      ['{\n  "s.a": 1, /* of a */ "s.a": 2\n}', '{\n  /* of a */\n}'],
      ['{\n  "x": 3, // of x\n  "s.a": 1,\n  "s.a": 2\n}', '{\n  "x": 3 // of x\n}'],
      ['{\n  "s.a": 1 // one\n  , "s.a": 2 // two\n  , "x": 3\n}', '{\n  // one\n   // two\n   "x": 3\n}'],
      ['{\r\n\t"s.a": 1,\r\n\t"s.a": 2,\r\n\t"x": 3\r\n}', '{\r\n\t"x": 3\r\n}'],
    ];
    for (const [before, after] of layouts) {
      it(`leaves no trace of ${JSON.stringify(before)}`, () => expect(edited('file', before, { name: 's.a' }, undefined)).to.equal(after));
    }
  });

  it('what JSON cannot hold is refused, whatever it does when it is looked at, and nothing is stored (P50)', async () => {
    const store = await place.loaded('{"s.a": 1}');
    utimesSync(place.user, 0, 0);
    const circular: unknown[] = [];
    circular.push(circular);
    const hostile = Object.defineProperty({}, 'x', { enumerable: true, get: () => expect.fail('looked at') });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [circular, hostile, proxy, 1n, Symbol('x'), () => 1]) {
      expect(await failureOf(write(store, 'a', value))).to.include({ code: 'VALIDATION', field: 'a' });
    }
    expect([place.text(), effective(store, 'a')]).to.deep.equal(['{"s.a": 1}', 1]);
  });
});

const isObject = (each: unknown): boolean => typeof each === 'object' && each !== null && !Array.isArray(each);
const value = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(null), fc.constant([1]), fc.dictionary(fc.constantFrom('b', 'c'), fc.oneof(fc.nat(9), fc.constant({ b: 1 })), { maxKeys: 2 }));
const inner = fc.oneof(value, fc.dictionary(fc.constantFrom('a', 'b'), value, { maxKeys: 2 }));
const layout = fc.constantFrom(['', ''], [' ', ''], ['\n  ', ''], ['\n  ', ' // note\n'], [' /* , */ ', '\r\n'], ['\n', ' ']);
const settings = fc.tuple(
  fc.array(fc.tuple(fc.constantFrom('s', 's.a', 's.a.b', 's.a.c', 'sa', 'other', 'other.x'), inner, layout), { maxLength: 7 }),
  fc.boolean(),
).map(([members, trailing]) => {
  const parts = members.map(([name, held, [before, after]], index) => `${before}"${name}": ${JSON.stringify(held)}${index < members.length - 1 || trailing ? ',' : ''}${after}`);
  return `{${parts.join('')}\n}`;
});
