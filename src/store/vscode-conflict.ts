import { StoreError, type StoreReason } from '../errors.ts';
import type { WriteRequest } from './store.ts';
import type { Obstacle, StrayValue } from './vscode-settings-text.ts';

/*
 * What a person has written into a settings file, and keeps a setting from being stored there. VS Code itself says
 * nothing of it. Each error tells what stands where.
 */

type Place = Pick<WriteRequest, 'key' | 'target'>;

/** VS Code would store the value, and not read it. */
export function obstructed({ key, target }: Place, { name, line, value, isSettings }: Obstacle): StoreError {
  const consequence = isSettings ? 'and must be an object' : 'and hides every setting below it';
  const where = `In the ${target} settings file "${name}" in line ${line} is ${value}`;
  return new StoreError('conflict', `"${key}" was not stored. ${where}, ${consequence}.`, {
    context: { key, target }, userAction: `Remove "${name}" from the settings file (line ${line}), or make it an object.`,
  });
}

/** VS Code does not change a block for several languages for one of them. */
export function sharedBlock({ key, target }: Place, languageId: string, { name, lines }: StrayValue): StoreError {
  const where = `In the ${target} settings file it stands in "${name}" (line ${list(lines)})`;
  return new StoreError('conflict', `"${key}" was not removed for ${languageId}. ${where}, for all of these languages.`, {
    context: { key, target }, userAction: `Change the setting in "${name}" in the settings file (line ${list(lines)}).`,
  });
}

/** What is over when the person has saved or corrected the file, or by itself: it can be taken out then. */
const passing: ReadonlySet<StoreReason> = new Set<StoreReason>(['dirty', 'invalid-file', 'newer']);

/** VS Code has changed one value of the setting in the file, and reads another, which could not be taken out. */
export function notTakenOut(place: Place, strays: readonly StrayValue[], cause?: unknown): StoreError {
  if (cause instanceof StoreError && passing.has(cause.reason)) {
    return new StoreError(cause.reason, `"${place.key}" was not stored. ${cause.message}`, { cause, context: { ...cause.context, ...mayShow(place) } });
  }
  const [{ kind, name, lines }] = strays as [StrayValue];
  switch (kind) {
    case 'twice': return conflict(place, `"${name}" stands more than once (lines ${list(lines)})`, {
      cause, userAction: `Leave only one "${name}" in the settings file (lines ${list(lines)}).`,
    });
    case 'hides': return conflict(place, `"${name}" stands after it (line ${list(lines)}), and hides it`, {
      cause, userAction: `Move "${name}" above the setting in the settings file (line ${list(lines)}).`,
    });
    default: return conflict(place, `"${name}" holds it as well (line ${list(lines)})`, {
      cause, userAction: `Take the setting out of "${name}" in the settings file (line ${list(lines)}).`,
    });
  }
}

function conflict({ key, target }: Place, what: string, details: { readonly cause: unknown; readonly userAction: string }): StoreError {
  return new StoreError('conflict', `"${key}" was not stored. In the ${target} settings file ${what}.`, { ...details, context: mayShow({ key, target }) });
}

/** VS Code has changed the file, and what it holds may show once that is changed again. */
const mayShow = ({ key, target }: Place): Readonly<Record<string, unknown>> => ({ key, target, outcome: 'unknown' });

const list = (lines: readonly number[]): string => lines.join(', ');
