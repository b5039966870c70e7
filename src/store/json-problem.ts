import { printParseErrorCode, type ParseError } from 'jsonc-parser';

/** What keeps a text from being JSON, in words, such as `comma expected`: the parser has only names such as `CommaExpected`. */
export function jsonProblem({ error }: ParseError): string {
  return printParseErrorCode(error).replace(/\B[A-Z]/g, ' $&').toLowerCase();
}
