import { expect } from 'chai';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { safePath } from '../../../src/settings/safe-path.ts';

const problem = (path: unknown, options?: { relative: boolean }): string | undefined => {
  try {
    safePath(options).validateSync(path, { strict: true });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('safePath', () => {
  it('accepts paths that stay where they point', () => {
    for (const path of [
      '', 'a', 'a/b.txt', '/usr/bin/claude', '.nofx/templates', './a', 'C:', 'C:\\Program Files\\ai.exe', 'd:/tools/ai', '\\\\server\\share\\ai',
      'a..b', '..a', 'a..', '.a.', 'Ünï/文件', 'with space/and (brackets)', '~/bin/ai', '.', 'a/./b',
    ]) expect(problem(path), path).to.equal(undefined);
  });

  it('refuses to climb, on any system', () => {
    for (const path of ['..', '../a', 'a/..', 'a/../b', 'a\\..\\b', '..\\a', 'C:\\..\\a', '... /a', '.. /a', '. ./a', ' ../a', 'a/...']) {
      expect(problem(path), path).to.equal('must not contain ".." as a folder');
    }
  });

  it('F47: trims what stands around a path when it is read, and refuses it when it is written', () => {
    const { check, validate } = defineSettings('paths', { tool: { schema: safePath(), default: '', description: 'A tool.' } });
    for (const path of ['  /usr/bin/x  ', '\u00a0/usr/bin/x\u00a0']) {
      expect(check('tool', path)).to.deep.equal({ ok: true, value: '/usr/bin/x' });
      expect(() => validate('tool', path)).to.throw('canonical form');
    }
  });

  it('refuses control characters', () => {
    for (const path of ['a\u0000', '\n', 'a\u007fb', 'a\u009fb', 'a\u2028']) expect(problem(path), JSON.stringify(path)).to.equal('must not contain control characters');
  });

  it('refuses the characters that no Windows path has', () => {
    for (const path of ['a<b', 'a>b', 'a"b', 'a|b', 'a?b', 'a*b', '\\\\?\\C:\\a']) expect(problem(path), path).to.equal('must not contain any of < > " | * ?');
    for (const path of ['a:b', 'C:a', 'CC:\\a', 'C:\\a:stream', '/a:b']) expect(problem(path), path).to.equal('must not contain ":" but after a drive letter');
  });

  it('refuses what is too long, or not a text', () => {
    expect(problem('a'.repeat(4096))).to.equal(undefined);
    expect(problem('a'.repeat(4097))).to.equal('must be at most 4096 characters');
    for (const value of [undefined, null, 5, {}, []]) expect(problem(value), typeof value).to.be.a('string');
  });

  it('refuses absolute paths when asked for a relative one', () => {
    for (const path of ['/a', '\\a', 'C:\\a', 'c:/a', 'C:', '~/a', '\\\\server\\share']) {
      expect(problem(path, { relative: true }), path).to.equal('must be relative to the workspace folder');
    }
    for (const path of ['', 'a/b', '.nofx/templates']) expect(problem(path, { relative: true }), path).to.equal(undefined);
  });
});
