import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const placeholders = (text: string): string[] => (text.match(/\{\d+\}/g) ?? []).sort();

/** Texts that only developers see: in the log, or thrown at an extension's author. */
const notForUsers = /\.(log|info|warn|error|debug)\($|TypeError\($|Error\($/;
/** Names of things: of commands, alerts, origins, outcomes, causes, lines of a tree; and what the file for a bug report says, for those who read it. */
const notTexts = new Set(['Hold Open', 'Probe Now', 'given up', 'last good value', 'valid items', 'not stored', '… in …', 'user settings', 'remote settings', 'alert …', 'the service could not say', 'land late', 'after ……', '… min … s', 'row crashed', 'badge …', 'latency …', 'actor level-… …']);

interface Text {
  readonly text: string;
  readonly where: string;
}

/** The texts of the extension's source: those that pass through l10n, and those that look like a text and do not. */
function texts(): { readonly localised: Text[]; readonly raw: Text[] } {
  const localised: Text[] = [];
  const raw: Text[] = [];
  const folders = ['src/extension', 'src/webview'];
  const names = folders.flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`));
  for (const name of names.filter((each) => each.endsWith('.ts') && !each.endsWith('own-definition.ts'))) {
    const source = ts.createSourceFile(name, readFileSync(path.join(root, name), 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
      if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
        const called = `${node.expression.getText(source)}(`;
        const [first, ...others] = node.arguments ?? [];
        // `t` is that of the inspector's page.
        if ((called === 'l10n.t(' || called === 't(') && first !== undefined) {
          const where = `${name}: ${first.getText(source)}`;
          if (ts.isStringLiteral(first)) localised.push({ text: first.text, where });
          else raw.push({ text: '', where: `${where} is not a plain text` });
          others.forEach(visit);
          return;
        }
        if (notForUsers.test(called)) return;
      }
      if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) consider(node.text, node);
      if (ts.isTemplateExpression(node)) consider([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…'), node);
      ts.forEachChild(node, visit);
    };
    /** Two words side by side are a text. */
    const consider = (text: string, node: ts.Node): void => {
      if (/(^|[\s>*#…])[A-Za-z’]{2,} [a-z…]/i.test(text) && !notTexts.has(text) && !text.includes('<') && !text.includes("'none'")) raw.push({ text, where: `${name}: ${node.getText(source).slice(0, 100)}` });
    };
    visit(source);
  }
  return { localised, raw };
}

describe('The languages of the extension', () => {
  const { localised, raw } = texts();
  const german = 'l10n/bundle.l10n.de.json';

  it('no text of the source goes past l10n', () => {
    expect(raw.map(({ where }) => where)).to.deep.equal([]);
  });

  it('German has every text of the source, with the same placeholders, and no other', () => {
    const bundle = read(german) as Record<string, string>;
    expect(Object.keys(bundle).sort()).to.deep.equal([...new Set(localised.map(({ text }) => text))].sort());
    for (const [text, translated] of Object.entries(bundle)) expect(placeholders(translated), text).to.deep.equal(placeholders(text));
  });

  it('the manifest has every text in English and in German', () => {
    const manifest = readFileSync(path.join(root, 'package.json'), 'utf8');
    const used = [...new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key!))].sort();
    for (const file of ['package.nls.json', 'package.nls.de.json']) expect(Object.keys(read(file) as object).sort(), file).to.deep.equal(used);
  });

  it('the pictures and icons of the manifest are there', () => {
    const files = [...readFileSync(path.join(root, 'package.json'), 'utf8').matchAll(/"(media\/[^"]+)"/g)].map(([, file]) => file!);
    expect(files).to.not.deep.equal([]);
    expect(files.filter((file) => !existsSync(path.join(root, file)))).to.deep.equal([]);
  });
});
