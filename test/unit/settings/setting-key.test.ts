import { expect } from 'chai';
import { keyProblem, showKey } from '../../../src/settings/setting-key.ts';
import { hostileKeys } from './hostile.ts';

describe('keyProblem', () => {
  it('accepts ordinary keys', () => {
    for (const key of ['count', 'a', 'server.port', 'useÜmlauts', 'with space', 'a'.repeat(256), 'sectional']) {
      expect(keyProblem('section', key), key).to.equal(undefined);
    }
  });

  it('names the rule', () => {
    const problems = {
      '': 'is empty',
      ['a'.repeat(257)]: 'is longer than 256 characters',
      'a\u0007': 'contains a control character',
      '../a': 'contains ".."',
      'a.': 'begins or ends with "."',
      '.a': 'begins or ends with "."',
      'a<b': 'contains one of < > " \'',
      'a.constructor.b': 'is a reserved name',
      'section.a': 'repeats the section: leave out "section."',
    };
    for (const [key, problem] of Object.entries(problems)) expect(keyProblem('section', key), key).to.equal(problem);
    expect(keyProblem('section', 5)).to.equal('is not a text');
  });

  it('P50 answers at once, whatever the key', () => {
    for (const key of hostileKeys) {
      // What looks at ten million characters more than a few times each does not come to an end here.
      expect(keyProblem('section', key) ?? '').to.have.length.below(60);
    }
  });
});

describe('showKey', () => {
  it('shows a key as a short text that is safe to print', () => {
    expect(showKey('count')).to.equal('count');
    expect(showKey('a"b\n')).to.equal('a\\"b\\n');
    expect(showKey('a\u0085\u2028\u202e')).to.equal('a\\u0085\\u2028\\u202e');
    expect(showKey('x'.repeat(10_000_000))).to.equal(`${'x'.repeat(80)}…`);
    expect(showKey(null)).to.equal('(null)');
    expect(showKey(Symbol('s'))).to.equal('(symbol)');
    expect(showKey({ toString: () => { throw new Error('looked at'); } })).to.equal('(object)');
  });
});
