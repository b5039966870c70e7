import * as yup from 'yup';
import { defineSettings } from '../../../src/settings/define-settings.ts';

/** What the programs of this folder keep in one file. */
export const definition = defineSettings('torture', {
  /** By writer: the numbers of its updates, in their order, with blanks between. */
  done: { schema: yup.object(), default: {}, description: 'What each writer has done' },
});

export type Done = Readonly<Record<string, string>>;

export const updatesIn = (done: Done): number => Object.values(done).reduce((sum, numbers) => sum + numbers.split(' ').length, 0);

/** What a settings file says; `undefined` while another program is in the middle of writing it. */
export function settingsIn(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Comparable between processes, in milliseconds: what each of them takes for its beginning is milliseconds off on a busy machine. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
