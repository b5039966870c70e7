import * as yup from 'yup';
import { defineSettings } from '../../../src/settings/define-settings.ts';

/** A transaction stores the same text in all of them. */
export const parts = ['part0', 'part1', 'part2', 'part3', 'part4', 'part5', 'part6', 'part7', 'part8', 'part9'] as const;
export type Parts = Record<(typeof parts)[number], string>;

/** By which transaction each part in a settings file was stored: by the same, unless it is torn; `''` where there was none yet. */
export const partsIn = (settings: Readonly<Record<string, unknown>>): string[] =>
  parts.map((key) => settings[`torture.${key}`] as string | undefined ?? '');

const part = { schema: yup.string().defined(), default: '', description: 'What each part of a transaction has, or none' };
const all = Object.fromEntries(parts.map((key) => [key, part])) as Record<(typeof parts)[number], typeof part>;

/** What the windows keep in one file. */
export const definition = defineSettings('torture', {
  done: { schema: yup.object(), default: {}, description: 'What each writer has done' },
  ...all,
});

/** What the windows are to do: `plan.json` in the folder that HOLDFAST_TORTURE names. */
export interface WindowPlan {
  readonly target: 'user' | 'workspace';
  /** So many updates are asked for at once, and then a transaction. */
  readonly burst: number;
  /** The windows take no turns: shows that this finds what is lost. */
  readonly withoutLock: boolean;
}
