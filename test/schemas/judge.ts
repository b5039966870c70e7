import { getLanguageService, TextDocument } from '../../tools/schemas/json-language-service.ts';

const service = getLanguageService({});
service.configure({ validate: true });

/** As VS Code takes a schema that does not say which draft it follows, and as draft 7 is taken: there the items of `items: […]` are looked at. */
const drafts = { 'as VS Code': 20, 'draft 7': 7 } as const;
export type Draft = keyof typeof drafts;

/** As far as it is asked of. */
interface Diagnostic {
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
  readonly message: unknown;
  readonly code?: unknown;
}

/** `ErrorCode.Deprecated`: that says nothing of whether a value is valid. */
const deprecated = 2;

let count = 0;

/** What VS Code says of each value, by the schema of a setting: what is wrong with it, or nothing. */
export async function judged(values: readonly unknown[], schema: object, draft: Draft): Promise<readonly (readonly string[])[]> {
  const starts: number[] = [];
  let text = '[';
  for (const value of values) {
    starts.push(text.length);
    text += `${JSON.stringify(value)},\n`;
  }
  const document = TextDocument.create(`file:///${++count}/settings.json`, 'json', 1, `${text.slice(0, -2)}]`);
  const { definitions } = schema as { definitions?: object };
  const ofList: never = structuredClone({ ...(definitions === undefined ? {} : { definitions }), items: schema }) as never;
  const found: readonly Diagnostic[] = await service.doValidation(document, service.parseJSONDocument(document), { schemaDraft: drafts[draft] as never }, ofList);
  const said = values.map((): string[] => []);
  for (const { range, message, code } of found) {
    const index = starts.findLastIndex((start) => start <= document.offsetAt(range.start));
    // What is said of the list as a whole is about the schema.
    if (code !== deprecated && index >= 0) said[index]!.push(String(message));
  }
  return said;
}
