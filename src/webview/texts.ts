import { find } from './dom.ts';

/** Given by the extension, which knows the language. */
const bundle = JSON.parse(find('#texts').textContent) as Readonly<Record<string, string>>;

/** A text in the language of VS Code, with values in place of `{0}`, `{1}` and so on. */
export function t(text: string, ...values: readonly (string | number)[]): string {
  const translated = Object.hasOwn(bundle, text) ? bundle[text]! : text;
  return translated.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ''));
}
