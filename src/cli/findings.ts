import { placeText } from '../settings/place.ts';
import { problemOf } from './value-types.ts';
import type { FoundSetting, FoundSettings } from './found-settings.ts';

/** Something that is wrong with a manifest, and where. */
export interface Finding {
  readonly place: readonly string[];
  /** Continues the name of the setting. */
  readonly problem: string;
}

/** What is wrong with settings that can be used all the same. */
export function findingsIn({ settings }: FoundSettings): Finding[] {
  return settings.flatMap((setting) => [...defaultFindings(setting), ...descriptionFindings(setting), ...orphanFindings(setting)]);
}

function defaultFindings({ property, place, default: standard }: FoundSetting): Finding[] {
  if (!Object.hasOwn(property, 'default')) return [];
  const problem = problemOf(property, standard);
  return problem === undefined ? [] : [{ place: [...place, 'default'], problem: `has a default that its own schema refuses: it ${problem}` }];
}

const ofEnum = ['enumDescriptions', 'markdownEnumDescriptions', 'enumItemLabels'] as const;

function descriptionFindings({ property, place }: FoundSetting): Finding[] {
  const { enum: values } = property;
  return ofEnum.flatMap((keyword) => {
    const texts = property[keyword];
    if (!Array.isArray(texts)) return [];
    if (!Array.isArray(values)) return [{ place: [...place, keyword], problem: `has ${keyword}, and no enum` }];
    if (texts.length === values.length) return [];
    return [{ place: [...place, keyword], problem: `has ${values.length} values in its enum, and ${texts.length} ${keyword}` }];
  });
}

/** Nobody finds such a setting in the Settings editor. */
function orphanFindings({ property, place }: FoundSetting): Finding[] {
  const texts = ['description', 'markdownDescription', 'deprecationMessage', 'markdownDeprecationMessage'];
  return texts.some((keyword) => typeof property[keyword] === 'string' && property[keyword] !== '') ? [] : [{ place, problem: 'has no description' }];
}

export const findingText = ({ place, problem }: Finding): string => {
  const name = place[place.indexOf('properties') + 1] ?? placeText(place);
  return `"${name}" ${problem}.`;
};
