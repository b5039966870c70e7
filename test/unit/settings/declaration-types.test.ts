import { expect } from 'chai';
import path from 'node:path';
import ts from 'typescript';
import { programOf } from '../../program-of.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = import.meta.dirname;

/** What the compiler says of each of these declarations of one setting: where, and in which words. */
function errorsOf(declarations: readonly string[]): { readonly at: string; readonly message: string }[][] {
  const head = "import * as yup from 'yup';\nimport { defineSettings } from '../../../src/settings/define-settings.ts';\n";
  const texts = new Map(declarations.map((declaration, index) => [path.join(folder, `declaration-${index}.ts`), `${head}export const settings = defineSettings('s', { setting: ${declaration} });\n`]));
  const { options } = ts.getParsedCommandLineOfConfigFile(path.join(root, 'tsconfig.json'), { noEmit: true }, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined })!;
  const program = programOf(texts, options);
  return [...texts].map(([name, text]) => program.getSemanticDiagnostics(program.getSourceFile(name)).map(({ start = 0, length = 0, messageText }) => (
    { at: text.slice(start, start + length), message: ts.flattenDiagnosticMessageText(messageText, '\n') }
  )));
}

const number = 'schema: yup.number().defined()';

describe('F37 F38 What the compiler says of a wrong declaration', () => {
  const wrong: readonly (readonly [what: string, declaration: string, at: string, said: RegExp])[] = [
    ['a default of another type', `{ ${number}, default: 'x', description: '' }`, 'default', /'string' is not assignable to type 'number'/],
    ['a default that is none of the values', "{ schema: yup.string().oneOf(['x', 'y']).defined(), default: 'z', description: '' }", 'default', /'"z"' is not assignable to type '"x" \| "y"'/],
    ['null as the default of what cannot be null', `{ ${number}, default: null, description: '' }`, 'default', /'null' is not assignable to type 'number'/],
    ['a default with a member of another type', "{ schema: yup.object({ port: yup.number().defined() }).defined(), default: { port: 'x' }, description: '' }", 'port', /'string' is not assignable to type 'number'/],
    ['a list with an item of another type', "{ schema: yup.array(yup.string().defined()).defined(), default: [1], description: '' }", '1', /'number' is not assignable to type 'string'/],
    ['another scope', `{ ${number}, default: 1, description: '', scope: 'galaxy' }`, 'scope', /'"galaxy"' is not assignable to type 'SettingScope/],
    ['a schema with a default of its own', "{ schema: yup.number().default(1), default: 1, description: '' }", 'schema', /a schema without \.default\(…\), for the default is a field of the declaration/],
    ['no schema', "{ schema: {}, default: 1, description: '' }", 'schema', /'\{\}' is not assignable to type .*Schema|missing the following properties from type 'Schema/],
    ['no description', `{ ${number}, default: 1 }`, 'setting', /'description' is missing/],
    ['a field that declarations do not have', `{ ${number}, default: 1, description: '', minimum: 3 }`, 'minimum', /'minimum' does not exist/],
    ['a field that VS Code knows, with another value', `{ ${number}, default: 1, description: '', editPresentation: 'huge' }`, 'editPresentation', /'"huge"' is not assignable to type '"singlelineText" \| "multilineText"/],
  ];
  let said: ReturnType<typeof errorsOf>;

  before(() => {
    said = errorsOf(wrong.map(([, declaration]) => declaration));
  });

  for (const [index, [what, , at, message]] of wrong.entries()) {
    it(`${what}: names the field, and says what is wrong with it`, () => {
      expect(said[index]!.map((error) => error.at)).to.deep.equal([at]);
      expect(said[index]![0]!.message).to.match(message).and.not.to.contain("'never'");
    });
  }
});
