// oxlint-disable-next-line typescript/ban-ts-comment
/** @ts-ignore yup is optional: without it the types of `safePath` alone are not known. */
import type * as yup from 'yup';
import { loadYup } from './load-yup.cjs';

/** Longest path accepted, in characters (Linux's PATH_MAX). */
const maxPathLength = 4096;

const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** ".." as a folder. Windows takes "..." and ".. " for the same, for it drops what dots and spaces end a name. */
const parent = /^\s*\.[.\s]*\.[.\s]*$/;
const drive = /^[A-Za-z]:(?=[\\/]|$)/;

export interface SafePathOptions {
  /** Accept only a path relative to the workspace folder. Default: absolute paths are accepted too. */
  readonly relative?: boolean;
}

/**
 * A path that stays where it points: no `..` segment, no control character, none of `< > " | * ?`.
 * Blanks around it are trimmed, as with any `yup.string().trim()`. Windows drive paths are valid. The empty text is valid and means "not set".
 *
 * A safe path is still not safe to paste into a shell command: pass it as an argument.
 *
 * @throws Error that names the package, when yup is not installed
 */
export function safePath(options: SafePathOptions = {}): yup.StringSchema<string> {
  const schema = loadYup().string()
    .defined()
    .max(maxPathLength, `must be at most ${maxPathLength} characters`)
    .test('control', 'must not contain control characters', (path) => !controlCharacter.test(path))
    .test('characters', 'must not contain any of < > " | * ?', (path) => !/[<>"|*?]/.test(path))
    .test('drive', 'must not contain ":" but after a drive letter', (path) => !path.replace(drive, '').includes(':'))
    .test('traversal', 'must not contain ".." as a folder', (path) => !path.split(/[\\/]/).some((folder) => parent.test(folder)))
    // Last: a path is refused for the worse reason.
    .trim();
  if (options.relative !== true) return schema;
  return schema.test('relative', 'must be relative to the workspace folder', (path) => !/^[\\/~]/.test(path) && !drive.test(path));
}
