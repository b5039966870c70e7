import { expect } from 'chai';
import { ValidationError } from '../../../src/errors.ts';

/** Why something is refused. */
export function refusal(act: () => unknown): ValidationError {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(ValidationError);
    return error as ValidationError;
  }
  throw new Error('It was expected to be refused.');
}
