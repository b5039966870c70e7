import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { products } from '../../../tools/bundles.ts';
import { ready } from '../../../tools/products.ts';
import { projectRoot } from '../../../tools/vscode-host/paths.ts';
import { until } from '../../limits.ts';
import { shapes } from '../../manifests/shapes.ts';
import { night } from '../../night.ts';

const program = path.join(projectRoot, 'dist/cli.js');
const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string };

const manifest = {
  name: 'app',
  scripts: { build: 'tsc' },
  dependencies: { alpha: '1.0.0', zeta: '1.0.0' },
  contributes: {
    commands: [{ command: 'app.run', title: '%run%', category: 'App' }],
    configuration: [
      { title: 'App', properties: { 'app.run': { type: 'string', enum: ['onType', 'onSave'], default: 'onType', description: '%run.description%' } } },
      { title: 'More', properties: { 'app.hovers.delay': { type: 'integer', minimum: 0, default: 5, markdownDescription: 'How long it waits,\nin `ms` | seconds.' } } },
    ],
  },
};

/** The program as it is installed, in a process of its own. */
describe('npx holdfast', () => {
  let folder: string;

  before(() => ready(products.library));

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cli-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string): string => path.join(folder, name);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const write = (text: string | object, name = 'package.json'): void => writeFileSync(at(name), typeof text === 'string' ? text : `${JSON.stringify(text, null, 2)}\n`);
  const files = (): string[] => readdirSync(folder, { recursive: true }).map(String).sort();

  function run(...words: string[]): { readonly status: number | null; readonly said: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { cwd: folder, encoding: 'utf8' });
    return { status, said: stdout + stderr };
  }

  it('says how it is used: exit code 0 when asked, 2 when used in another way', () => {
    const help = run('--help');
    expect(help.status).to.equal(0);
    for (const name of ['init', 'types', 'docs', 'check']) {
      expect(help.said).to.include(`\n  ${name}`);
      const own = run(name, '--help');
      expect([own.status, own.said]).to.satisfy(([status, said]: [number, string]) => status === 0 && said.startsWith(`Usage: npx holdfast ${name} `), own.said);
    }
    write(manifest);
    for (const words of [[], ['tpyes'], ['types', '--chekc'], ['types', 'more'], ['docs', '--watch'], ['types', '--watch', '--check'], ['types', '--out'], ['constructor']]) {
      expect(run(...words).status, words.join(' ')).to.equal(2);
    }
    expect(files()).to.deep.equal(['package.json']);
  });

  it('says in one sentence what keeps it from working, with exit code 2', () => {
    const cases: readonly (readonly [text: string | undefined, said: RegExp])[] = [
      [undefined, /^There is no .+package\.json\.\n$/],
      ['', /is damaged: .+ in line 1\.\n$/],
      ['{\n  "name": "app",\n  "contributes": {\n', /is damaged: .+ in line 4\.\n$/],
      ['[]', /is no package\.json: it holds no object\.\n$/],
      ['{ "name": "app" }', /./],
      ['{ "contributes": { "configuration": [null] } }', /cannot be used: .*contributes\.configuration\[0\].* is null/],
      ['{ "contributes": {} }', /contributes no settings\.\n$/],
      ['{ "workspaces": ["packages/*"], "contributes": {} }', /It is the root of workspaces: name the package\.json of the extension with --manifest\.\n$/],
    ];
    for (const [text, expected] of cases) {
      if (text !== undefined) write(text);
      for (const command of ['init', 'types']) {
        const { status, said } = run(command);
        expect([status, said.includes('    at ')], said).to.deep.equal([2, false]);
        expect(said).to.match(expected);
      }
    }
    expect(files()).to.deep.equal(['package.json']);
  });

  it('says which file cannot be read or written, in one sentence, with exit code 2', () => {
    write(manifest);
    mkdirSync(at('lib'));
    const cases: readonly (readonly [words: readonly string[], said: RegExp])[] = [
      [['types', '--out', 'lib'], /lib cannot be read: EISDIR.+\.\n$/],
      [['types', '--check', '--out', ''], / cannot be read: EISDIR.+\.\n$/],
      [['check', '--out', 'lib'], /lib cannot be read: EISDIR.+\.\n$/],
      [['docs', '--readme', 'lib'], /lib cannot be read: EISDIR.+\.\n$/],
      [['types', '--out', 'package.json/types.ts'], /types\.ts cannot be written: E.+\.\n$/],
      [['types', '--watch', '--manifest', 'nowhere/package.json'], /^There is no .+nowhere\.\n$/],
    ];
    for (const [words, expected] of cases) {
      const { status, said } = run(...words);
      expect([status, said.includes('    at ')], said).to.deep.equal([2, false]);
      expect(said).to.match(expected);
    }
    expect(files()).to.deep.equal(['lib', 'package.json']);
  });

  it('init adds what is missing, in its place, and a second time nothing', () => {
    write(manifest);
    const before = read('package.json');
    const dry = run('init', '--dry-run');
    expect([dry.status, read('package.json'), files()]).to.deep.equal([0, before, ['package.json']]);
    const { status, said } = run('init');
    expect(status).to.equal(0);
    expect(said).to.include('Found 2 settings in "app".').and.to.include(`the dependency "holdfast": "^${version}"`);
    expect(said.replace('Added:', '')).to.equal(dry.said.replace('Would add:', ''));
    expect(read('package.json')).to.equal(`${JSON.stringify({
      ...manifest, scripts: { ...manifest.scripts, settings: 'holdfast types' }, dependencies: { alpha: '1.0.0', holdfast: `^${version}`, zeta: '1.0.0' },
    }, null, 2)}\n`);
    expect(files()).to.deep.equal(['package.json', 'src', path.join('src', 'settings.generated.ts')]);
    const after = [read('package.json'), read('src/settings.generated.ts')];
    const again = run('init');
    expect([again.status, read('package.json'), read('src/settings.generated.ts')]).to.deep.equal([0, ...after]);
    expect(again.said).to.include('nothing to change');
  });

  const formats: readonly (readonly [what: string, text: string])[] = [
    ['tabs', `${JSON.stringify(manifest, null, '\t')}\n`],
    ['four spaces, and no end of the last line', JSON.stringify(manifest, null, 4)],
    ['CRLF', `${JSON.stringify(manifest, null, 2)}\n`.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${JSON.stringify(manifest, null, 2)}\n`],
    ['a byte order mark and CRLF', `\uFEFF${JSON.stringify(manifest, null, 2)}\n`.replaceAll('\n', '\r\n')],
    ['a format of its own', `{ "name" : "app",\n  "contributes": ${JSON.stringify(manifest.contributes)},\n\n\n   "scripts": {}, "dependencies": {\n   } }`],
  ];
  for (const [what, text] of formats) {
    it(`init keeps ${what}`, () => {
      write(text);
      expect(run('init').status).to.equal(0);
      const changed = read('package.json');
      const [bare] = [changed.replace(/^\uFEFF/, '')];
      expect(JSON.parse(bare)).to.deep.include({ name: 'app' }).and.to.have.nested.property('dependencies.holdfast', `^${version}`);
      // Without what was added, it is what it was.
      const own = new RegExp(`,?\\s*"(?:holdfast|settings)"\\s*:\\s*"[^"]+"`, 'g');
      const squeezed = (each: string): string => each.replace(own, '').replaceAll(/\s+/g, '').replaceAll(/,(?=[}"])|(?<=[{"]),/g, '');
      expect(squeezed(changed)).to.equal(squeezed(text));
      expect([changed.startsWith('\uFEFF'), changed.split('\r\n').length === changed.split('\n').length, changed.endsWith('\n')])
        .to.deep.equal([text.startsWith('\uFEFF'), text.split('\r\n').length === text.split('\n').length, text.endsWith('\n')]);
      const indent = /\n([ \t]+)"name"/.exec(text)?.[1];
      if (indent !== undefined) expect(changed).to.include(`\n${indent}${indent}"holdfast"`);
    });
  }

  it('init leaves lines as they are, and sets what it adds as what stands beside it', () => {
    const { contributes } = manifest;
    const add = { dependencies: `"holdfast": "^${version}"`, scripts: '"settings": "holdfast types"' };
    const cases: readonly (readonly [before: string, after: string])[] = [
      [`{\n\t"contributes": ${JSON.stringify(contributes)},\n\t"scripts": { "b": "b", "a": "a" },\n\t"dependencies": {},\n\t"files": ["dist", "media"]\n}\n`,
        `{\n\t"contributes": ${JSON.stringify(contributes)},\n\t"scripts": { "b": "b", "a": "a", ${add.scripts} },\n\t"dependencies": {\n\t\t${add.dependencies}\n\t},\n\t"files": ["dist", "media"]\n}\n`],
      [`{\n  "name": "app",\n  "contributes": ${JSON.stringify(contributes)},\n  "files": ["dist", "media"]\n}`,
        `{\n  "name": "app",\n  "contributes": ${JSON.stringify(contributes)},\n  "files": ["dist", "media"],\n  "dependencies": {\n    ${add.dependencies}\n  },\n  "scripts": {\n    ${add.scripts}\n  }\n}`],
      [`{"name":"app","contributes":${JSON.stringify(contributes)},"scripts":{"z":"z"}}\n`,
        `{"name":"app","contributes":${JSON.stringify(contributes)},"scripts":{"z":"z",${add.scripts}},"dependencies": {${add.dependencies}}}\n`],
      [`{\n  "contributes": ${JSON.stringify(contributes)},\n  "dependencies": { "x": "1", "y": "1" },\n  "scripts": {\n    "x": "x",\n    "y": "y"\n  }\n}\n`,
        `{\n  "contributes": ${JSON.stringify(contributes)},\n  "dependencies": { ${add.dependencies}, "x": "1", "y": "1" },\n  "scripts": {\n    ${add.scripts},\n    "x": "x",\n    "y": "y"\n  }\n}\n`],
    ];
    for (const [before, after] of cases) {
      write(before);
      expect(run('init').status).to.equal(0);
      expect(read('package.json')).to.equal(after);
    }
    for (const other of ['null', '[]', '5']) {
      const before = `{ "contributes": ${JSON.stringify(contributes)}, "scripts": ${other} }`;
      write(before);
      expect(run('init')).to.satisfy(({ status, said }: { status: number; said: string }) => status === 2 && said.endsWith('package.json is no package.json: its "scripts" is no object.\n'));
      expect(read('package.json')).to.equal(before);
    }
  });

  it('init leaves a script called "settings" as it is, and quotes a path in its own', () => {
    const scripts = { settings: 'node settings.js' };
    write({ ...manifest, scripts });
    expect(run('init', '--out', 'lib/my settings.ts').said).to.include("import type { Settings } from './my settings';").and.to.include('the script "settings:types": "holdfast types --out \\"lib/my settings.ts\\""');
    const after = read('package.json');
    expect((JSON.parse(after) as typeof manifest).scripts).to.deep.equal({ ...scripts, 'settings:types': 'holdfast types --out "lib/my settings.ts"' });
    expect([run('init', '--out', 'lib/my settings.ts').status, read('package.json')]).to.deep.equal([0, after]);
  });

  it('works in a package of workspaces, by name and from within', () => {
    mkdirSync(at('packages/app'), { recursive: true });
    write({ private: true, workspaces: ['packages/*'], contributes: {} });
    write(manifest, 'packages/app/package.json');
    const before = read('package.json');
    expect(run('init', '--manifest', 'packages/app/package.json').status).to.equal(0);
    expect([read('package.json'), existsSync(at('packages/app/src/settings.generated.ts')), existsSync(at('src'))]).to.deep.equal([before, true, false]);
    expect(run('types', '--check', '--manifest', 'packages/app/package.json').status).to.equal(0);
  });

  it('types --check tells a stale file from one that is as package.json says, and keeps its line ends', () => {
    write(manifest);
    expect([run('types', '--check').status, existsSync(at('src'))]).to.deep.equal([1, false]);
    expect([run('types').status, run('types', '--check').status, run('check').status]).to.deep.equal([0, 0, 0]);
    write(read('src/settings.generated.ts').replaceAll('\n', '\r\n'), 'src/settings.generated.ts');
    expect(run('types', '--check').status).to.equal(0);
    write(JSON.stringify(manifest).replace('"integer"', '"boolean"').replace('"default":5', '"default":true'));
    expect([run('types', '--check').status, run('check').status]).to.deep.equal([1, 1]);
    expect(run('types').status).to.equal(0);
    expect(read('src/settings.generated.ts')).to.include('readonly \'hovers.delay\': boolean;\r\n');
  });

  it('knows again what it has written, also where a text would be cut within a character, or has half a one', () => {
    const long = (length: number): string => `${'x'.repeat(length)}${'🎈'.repeat(50)}`;
    write({ contributes: { configuration: { properties: {
      'app.a': { type: 'string', default: long(78), description: long(198) },
      'app.b': { enum: [long(58)], default: long(58), description: 'Half: \ud83d.' },
    } } } });
    write('<!-- holdfast docs: settings --><!-- holdfast docs: end -->', 'README.md');
    for (const command of ['types', 'docs']) expect([run(command).status, run(command, '--check').status], command).to.deep.equal([0, 0]);
    expect([run('check').said.includes('is not as package.json says'), run('init').said.includes('the types of')]).to.deep.equal([false, false]);
    for (const name of ['README.md', 'src/settings.generated.ts']) expect(read(name).match(/x\ufffd/), name).to.equal(null);
  });

  it('types --watch writes again after each change, also after a damaged one, and ends when it is asked to', async () => {
    write(manifest);
    const child = spawn(process.execPath, [program, 'types', '--watch'], { cwd: folder });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const isWritten = (type: string) => (): boolean => existsSync(at('src/settings.generated.ts')) && read('src/settings.generated.ts').includes(type);
    await until('it watches', () => said.includes('Watching'));
    expect(isWritten('readonly run: \'onType\' | \'onSave\';')()).to.equal(true);
    write('{');
    await until('it has seen the damage', () => said.includes('is damaged'));
    write(JSON.stringify(manifest).replaceAll('onSave', 'never'));
    await until('it has written again', isWritten('readonly run: \'onType\' | \'never\';'));
    child.kill('SIGTERM');
    expect(await ended).to.equal(process.platform === 'win32' ? null : 0);
  });

  it('check says what is wrong, and in which line', () => {
    write({ contributes: { configuration: { properties: {
      'app.a': { type: 'string', default: null, description: 'A.' },
      'app.b': { type: 'string', enum: ['x', 'y'], enumDescriptions: ['X'], default: 'x', description: 'B.' },
      'app.c': { type: 'number' },
      'app.d': { type: 'number', description: 'D.', enumItemLabels: ['one'] },
      'app.e': { type: ['number', 'null'], default: null, description: 'Nothing is wrong.' },
    } } } });
    const lines = read('package.json').split('\n');
    const { status, said } = run('check');
    const found = said.trim().split('\n').slice(0, -1).map((line) => /^package\.json:(\d+): (.+)$/.exec(line)!.slice(1));
    expect([status, found.map(([, text]) => text)]).to.deep.equal([1, [
      '"app.a" has a default that its own schema refuses: it must be a text.',
      '"app.b" has 2 values in its enum, and 1 enumDescriptions.',
      '"app.c" has no description.',
      '"app.d" has enumItemLabels, and no enum.',
    ]]);
    expect(found.map(([line]) => lines[Number(line) - 1]!.trim())).to.deep.equal(['"default": null,', '"enumDescriptions": [', '"app.c": {', '"enumItemLabels": [']);
    write({ contributes: { configuration: { properties: { 'app.a': { type: 'object', description: 'A.' }, 'app.a.b': { type: 'string', description: 'B.' } } } } });
    expect(run('check')).to.satisfy(({ status, said }: { status: number; said: string }) => status === 1 && said.includes('app.a.b') && said.includes('"app.a"'));
  });

  it('docs writes between the markers alone, in the words of package.nls.json', () => {
    write(manifest);
    write({ 'run': 'Run', 'run.description': 'When it runs.' }, 'package.nls.json');
    expect(run('docs').status, 'there is no README.md').to.equal(2);
    write('# App\n', 'README.md');
    expect(run('docs')).to.satisfy(({ status, said }: { status: number; said: string }) => status === 2 && said.includes('<!-- holdfast docs: settings -->'));
    for (const texts of ['null', '{']) {
      write(texts, 'package.nls.json');
      write('<!-- holdfast docs: settings --><!-- holdfast docs: end -->', 'README.md');
      expect([run('docs').status, read('README.md').includes('%run.description%')], texts).to.deep.equal([0, true]);
    }
    write('{\n  // Commands\n  "run": "Run",\n  "run.description": "When it runs.",\n}\n', 'package.nls.json');
    write('# App\r\n\r\n<!-- holdfast docs: settings -->\r\nold\r\n<!-- holdfast docs: end -->\r\n\r\nBetween.\r\n<!-- holdfast docs: commands --><!-- holdfast docs: end -->\r\nEnd', 'README.md');
    expect([run('docs', '--check').status, run('docs').status, run('docs', '--check').status]).to.deep.equal([1, 0, 0]);
    expect(read('README.md').replaceAll('\r\n', '\n')).to.equal([
      '# App', '', '<!-- holdfast docs: settings -->', '', '| Setting | Values | Default | Description |', '| --- | --- | --- | --- |',
      '| `app.run` | `\'onType\' \\| \'onSave\'` | `"onType"` | When it runs. |', '| `app.hovers.delay` | `number` | `5` | How long it waits, in `ms` \\| seconds. |', '', '<!-- holdfast docs: end -->', '', 'Between.',
      '<!-- holdfast docs: commands -->', '', '| Command | Identifier |', '| --- | --- |', '| App: Run | `app.run` |', '', '<!-- holdfast docs: end -->', 'End',
    ].join('\n'));
    expect(read('README.md').split('\n').slice(0, -1).every((line) => line.endsWith('\r'))).to.equal(true);
  });

  it('docs takes nothing away that is not between markers of one table, and can be repeated whatever the descriptions say', () => {
    write(manifest);
    const open = '# App\n<!-- holdfast docs: settings -->\nImportant.\n<!-- holdfast docs: commands -->\n<!-- holdfast docs: end -->\n';
    write(open, 'README.md');
    expect(run('docs')).to.satisfy(({ status, said }: { status: number; said: string }) => status === 2 && said.includes('has "<!-- holdfast docs: settings -->", and no "<!-- holdfast docs: end -->" after it.'));
    expect(read('README.md')).to.equal(open);
    write({ contributes: { configuration: { properties: { 'app.a': { description: 'Of <!-- holdfast docs: end --> and <!-- holdfast docs: commands -->.' } } } } });
    write('<!-- holdfast docs: settings -->\n<!-- holdfast docs: end -->\n', 'README.md');
    expect(run('docs').status).to.equal(0);
    const once = read('README.md');
    expect([run('docs').status, read('README.md')]).to.deep.equal([0, once]);
  });

  it('leaves a file alone that is not UTF-8', () => {
    const latin = Buffer.from(`# Gr\u00fc\u00dfe\n<!-- holdfast docs: settings --><!-- holdfast docs: end -->\n`, 'latin1');
    write(manifest);
    writeFileSync(at('README.md'), latin);
    expect(run('docs')).to.satisfy(({ status, said }: { status: number; said: string }) => status === 2 && /README\.md cannot be read: .+utf-8\.\n$/.test(said));
    expect(readFileSync(at('README.md')).equals(latin)).to.equal(true);
    writeFileSync(at('package.json'), Buffer.from(JSON.stringify({ ...manifest, author: 'J\u00fcrgen' }), 'latin1'));
    const before = readFileSync(at('package.json'));
    expect([run('init').status, readFileSync(at('package.json')).equals(before)]).to.deep.equal([2, true]);
  });

  night.it('sets up the 21 shapes and both examples, once and for all', () => {
    for (const { name, manifest: shape } of shapes) {
      write({ name: 'shape', version: '1.0.0', ...shape });
      const first = run('init', '--out', `${name}.ts`);
      expect(first.status, first.said).to.equal(0);
      const after = read('package.json');
      expect([run('init', '--out', `${name}.ts`).status, read('package.json')]).to.deep.equal([0, after]);
    }
    for (const example of ['nofx', 'git-glance']) {
      cpSync(path.join(projectRoot, 'examples', example, 'package.json'), at('package.json'));
      const { status, said } = run('init', '--out', `${example}.ts`);
      const hasSettings = 'configuration' in Object((JSON.parse(read('package.json')) as { contributes?: object }).contributes);
      expect(status, said).to.equal(hasSettings ? 0 : 2);
      if (hasSettings) expect(run('types', '--check', '--out', `${example}.ts`).status).to.equal(0);
    }
  });
});
