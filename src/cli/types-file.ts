import { nameText, valueType } from './value-types.ts';
import type { FoundSettings } from './found-settings.ts';
import { asWritten, shortened } from './text.ts';

/** Where the types go when nothing else is said, relative to package.json. */
export const typesFile = 'src/settings.generated.ts';

/** The text of the generated file. */
export function typesText({ section, settings, translated }: FoundSettings): string {
  const members = settings.map(({ key, property, default: standard }) => {
    const { markdownDescription, description = markdownDescription } = property;
    return `${comment(translated(description))}  readonly ${nameText(key)}: ${valueType(property, standard)};`;
  });
  return asWritten([
    '// Written by `npx holdfast types` from package.json. Changes made here are lost.',
    '/* eslint-disable */',
    '',
    section === '' ? '/** The values of the settings, by their whole names. */' : `/** The values of the settings of \`${section}\`, by their keys. */`,
    'export interface Settings {',
    ...members,
    '}',
    '',
  ].join('\n'));
}

/** The first sentence, or line. */
function comment(description: string): string {
  const [line = ''] = description.trim().split('\n', 1);
  const sentence = (/^.+?[.!?](?=\s)/.exec(line)?.[0] ?? line).replaceAll('*/', '*\u200b/').trim();
  return sentence === '' ? '' : `  /** ${shortened(sentence, 200)} */\n`;
}
