import { expect } from 'chai';
import { applyEdits } from 'jsonc-parser';
import { SettingsText } from '../../../src/store/vscode-settings-text.ts';

const read = (text: string, inWorkspaceFile = false): SettingsText => new SettingsText(text, inWorkspaceFile);

/** What is left of a text when the stray values of a setting are taken out. */
const cleaned = (text: string, name: string, languageId?: string, inWorkspaceFile = false): string =>
  applyEdits(text, read(text, inWorkspaceFile).withoutStrayValues(name, languageId));

describe('The text of a settings file, as VS Code reads it', () => {
  it('names the line of what does not parse', () => {
    expect(read('{\n  "a": 1,\n  oops\n}').problem).to.equal('invalid symbol in line 3.');
    expect(read('[]').problem).to.equal('it is not a JSON object.');
    for (const text of ['', '  \n', '{}', '{ "a": 1, }', '// only a remark']) expect(read(text).problem).to.equal(undefined);
    expect([read('').isEmpty, read(' \n').isEmpty, read('{}').isEmpty]).to.deep.equal([true, true, false]);
  });

  it('P30 says what is nested too deeply to be read', () => {
    for (const text of ['{"a":'.repeat(200_000), `{"a": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`]) {
      const deep = read(text);
      expect([deep.problem, deep.names, deep.valueOf('a')]).to.deep.equal(['it is nested too deeply.', [], undefined]);
    }
  });

  it('F12 reads nested objects, and whatever comes last', () => {
    for (const [text, value] of [
      ['{ "app.view.count": 1 }', 1],
      ['{ "app": { "view": { "count": 2 } } }', 2],
      ['{ "app.view": { "count": 3 } }', 3],
      ['{ "app.view.count": 1, "app": { "view": { "count": 2 } } }', 2],
      ['{ "app": { "view": { "count": 2 } }, "app.view.count": 1 }', 1],
      ['{ "app": 5, "app.view.count": 1 }', undefined],
      ['{ "app.view.count": 1, "app": null }', undefined],
      ['{ "app": { "view.count": 4 } }', undefined],
      ['{ "app.view.count": null }', null],
      ['{ "app.view.count": 1, "app.view.count": 6 }', 6],
      ['{ "__proto__": { "view": { "count": 7 } } }', undefined],
    ] as const) expect(read(text).valueOf('app.view.count'), text).to.equal(value);
  });

  it('F36 a file of thousands of settings is read name by name: what was read is not copied again for each', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `app.view.setting${index}`);
    const text = read(JSON.stringify(Object.fromEntries(names.map((name, index) => [name, index]))));
    const { assign } = Object;
    let copied = 0;
    Object.assign = (target: object, ...sources: object[]): object => {
      for (const source of sources) copied += Object.keys(source).length;
      return assign(target, ...sources) as object;
    };
    try {
      expect(names.every((name, index) => text.valueOf(name) === index)).to.equal(true);
    } finally {
      Object.assign = assign;
    }
    expect(copied).to.be.at.most(names.length);
  });

  it('F12 tells whether one of some names stands there, for all languages or for one', () => {
    const groups = new Set(['app', 'app.view']);
    for (const text of ['{ "app": 5 }', '{ "app.view": {} }', '{ "[go]": { "app": {} } }', '{ "[go][css]": { "x": 1, "app.view": {} } }']) {
      expect(read(text).holdsAny(groups), text).to.equal(true);
    }
    for (const text of ['', '{}', '{ "app.view.count": 1 }', '{ "[go]": { "app.view.count": 1 } }', '{ "[go]": 5 }', '{ "other": { "app": 1 } }']) {
      expect(read(text).holdsAny(groups), text).to.equal(false);
    }
  });

  it('F13 reads blocks for one language, and for several', () => {
    const text = '{ "[js][ts]": { "app.tab": 2, "app.style": { "a": 1 } }, "[js]": { "app": { "wrap": true }, "app.style": { "b": 2 } }, "[ts][go]": { "app.tab": 8 } }';
    const { valueOf } = { valueOf: (name: string, languageId?: string) => read(text).valueOf(name, languageId) };
    expect([valueOf('app.tab'), valueOf('app.tab', 'js'), valueOf('app.tab', 'ts'), valueOf('app.tab', 'go'), valueOf('app.tab', 'py')]).to.deep.equal([undefined, 2, 8, 8, undefined]);
    expect(valueOf('app.style', 'js')).to.deep.equal({ a: 1, b: 2 });
    expect(valueOf('app.wrap', 'js')).to.equal(true);
    expect(read(text).languages).to.have.members(['js', 'ts', 'go']);
  });

  it('reads the settings of a .code-workspace file', () => {
    const text = '{ "folders": [], "settings": { "app.count": 1, "[go]": { "app.count": 2 } } }';
    expect([read(text, true).valueOf('app.count'), read(text, true).valueOf('app.count', 'go'), read('{ "folders": [] }', true).valueOf('app.count')]).to.deep.equal([1, 2, undefined]);
    expect(read(text, true).names).to.have.members(['app.count', '[go]', '/folders', '/settings']);
  });

  it('F10 says what is wrong with the settings of a .code-workspace file, and in which line', () => {
    for (const [value, what] of [['null', 'null'], ['[]', 'a list'], ['5', 'a number'], ['"x"', 'a string']]) {
      const text = read(`{\n  "folders": [],\n  "settings": ${value}\n}`, true);
      expect([text.problem, text.valueOf('app.count')]).to.deep.equal([undefined, undefined]);
      expect(text.obstacle('app.count')).to.deep.equal({ name: 'settings', line: 3, value: what, isSettings: true });
    }
    expect(read('{ "settings": {} }', true).obstacle('app.count')).to.equal(undefined);
  });

  it('F15 says what hides a setting', () => {
    expect(read('{\n  "app": 5,\n  "app.count": 1\n}').obstacle('app.count')).to.deep.equal({ name: 'app', line: 2, value: 'a number', isSettings: false });
    expect(read('{ "app": {} }').obstacle('app.count')).to.equal(undefined);
  });

  it('F11 finds what stands twice, and in which lines, and leaves the one that VS Code reads', () => {
    const text = '{\n  "app.count": 1, // first\n  "app.name": "x",\n  "app.count": 2\n}';
    expect(read(text).strayValues('app.count')).to.deep.equal([{ kind: 'twice', name: 'app.count', lines: [2, 4] }]);
    expect(read(text).strayValues('app.name')).to.deep.equal([]);
    expect(cleaned(text, 'app.count')).to.equal('{\n  "app.name": "x",\n  "app.count": 2\n}');
    expect(cleaned('{ "a.b": 1, "a.b": 2, "a.b": 3, "x": 1 }', 'a.b')).to.equal('{ "a.b": 3, "x": 1 }');
    expect(cleaned('{ "x": 1, "a.b": 1, "a.b": 2, }', 'a.b')).to.equal('{ "x": 1, "a.b": 2, }');
  });

  it('F11 also in a block for a language, where the block stands twice, and in a .code-workspace file', () => {
    const blocks = '{\n  "[go]": { "app.tab": 1 },\n  "[go]": { "app.tab": 2, "app.tab": 3 }\n}';
    expect(read(blocks).strayValues('app.tab', 'go')).to.deep.equal([
      { kind: 'twice', name: '[go]', lines: [2, 3] }, { kind: 'twice', name: 'app.tab', lines: [3, 3] },
    ]);
    expect(cleaned(blocks, 'app.tab', 'go')).to.equal('{\n  "[go]": { "app.tab": 3 }\n}');
    const workspace = '{\n  "settings": { "a.b": 1 },\n  "settings": { "a.b": 2 }\n}';
    expect(read(workspace, true).strayValues('a.b')).to.deep.equal([{ kind: 'twice', name: 'settings', lines: [2, 3] }]);
    expect(cleaned(workspace, 'a.b', undefined, true)).to.equal('{\n  "settings": { "a.b": 2 }\n}');
  });

  it('F12 takes nested values out, and nothing else', () => {
    expect(read('{\n  "app": {\n    "view": { "count": 6 } } }').strayValues('app.view.count')).to.deep.equal([{ kind: 'nested', name: 'app', lines: [3] }]);
    expect(cleaned('{ "app": { "count": 6, "name": "x" } }', 'app.count')).to.equal('{ "app": { "name": "x" } }');
    expect(cleaned('{ "app": { "name": "x", "count": 6 }, "app.count": 7 }', 'app.count')).to.equal('{ "app": { "name": "x" }, "app.count": 7 }');
    expect(cleaned('{ "app": { "count": 6 } }', 'app.count')).to.equal('{ "app": {  } }');
    expect(cleaned('{ "[go]": { "app": { "count": 6 } } }', 'app.count', 'go')).to.equal('{ "[go]": { "app": {  } } }');
    expect(cleaned('{ "[go]": { "app": { "count": 6 } } }', 'app.count')).to.equal('{ "[go]": { "app": { "count": 6 } } }');
  });

  it('F12 an object that stands after a name hides it, whatever it holds', () => {
    const text = '{\n  "app.count": 5,\n  "app": { "name": "x" }\n}';
    expect(read(text).valueOf('app.count')).to.equal(undefined);
    expect(read(text).strayValues('app.count')).to.deep.equal([{ kind: 'hides', name: 'app', lines: [3] }]);
    expect(cleaned(text, 'app.count')).to.equal('{\n  "app": { "name": "x" }\n}');
    expect(cleaned('{ "app.count": 5, "app": { "count": 6 } }', 'app.count')).to.equal('{ "app": {  } }');
    expect(read('{ "app": { "name": "x" }, "app.count": 5 }').strayValues('app.count')).to.deep.equal([]);
  });

  it('F13 tells of a block for several languages', () => {
    const text = '{\n  "[js][ts]": {\n    "app.tab": 2\n  }\n}';
    expect(read(text).strayValues('app.tab', 'js')).to.deep.equal([{ kind: 'languages', name: '[js][ts]', lines: [3] }]);
    expect(read(text).strayValues('app.tab', 'go')).to.deep.equal([]);
  });

  it('changes one value, and leaves everything else as it is', () => {
    const changed = (text: string, value: unknown, languageId?: string, inWorkspaceFile = false): string => read(text, inWorkspaceFile).withValue('app.count', languageId, value);
    for (const [text, value, expected] of [
      ['', 1, '{\n    "app.count": 1\n}'],
      ['{}\n', 1, '{\n    "app.count": 1\n}\n'],
      ['{\n  "a": 1, // one\n}', [2], '{\n  "a": 1,\n  "app.count": [\n    2\n  ], // one\n}'],
      ['{\r\n\t"a": 1 // one\r\n}', { x: 1 }, '{\r\n\t"a": 1,\r\n\t"app.count": {\r\n\t\t"x": 1\r\n\t} // one\r\n}'],
      ['{ "app.count": 1, }', 2, '{ "app.count": 2, }'],
      ['{ "app.count": 1, "a": 1, "app.count": 2 }', 3, '{ "a": 1, "app.count": 3 }'],
      ['{ "app": { "count": 1, "b": 2 } }', 3, '{\n    "app": {\n        "b": 2\n    },\n    "app.count": 3\n}'],
      ['{ "app.count": 1, }', undefined, '{  }'],
      ['{\n  "a": 1,\n  "app.count": 2, // two\n}', undefined, '{\n  "a": 1, // two\n}'],
      ['{ "app.count": 1, "app.count": 2, "app.count": 3, "app": { "count": 4 } }', undefined, '{ "app": {  } }'],
      ['{ "a": 1 }', undefined, '{ "a": 1 }'],
      ['', undefined, ''],
    ] as const) expect(changed(text, value), text).to.equal(expected);
    expect(changed('{ "[go]": { "app.count": 1, "b": 2 } }', undefined, 'go')).to.equal('{ "[go]": { "b": 2 } }');
    expect(read(changed('{ "[go]": { "b": 2 } }', 3, 'go')).valueOf('app.count', 'go')).to.equal(3);
    expect(read(changed('{ "[go][js]": { "app.count": 1 } }', 3, 'go')).valueOf('app.count', 'js')).to.equal(1);
    expect(changed('{\n\t"folders": []\n}', 1, undefined, true)).to.equal('{\n\t"folders": [],\n\t"settings": {\n\t\t"app.count": 1\n\t}\n}');
    expect(changed('{ "settings": { "app.count": 1 }, "app.count": 5 }', undefined, undefined, true)).to.equal('{ "settings": {  }, "app.count": 5 }');
  });
});
