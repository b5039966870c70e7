/** What chai says, at the price of a comparison while it holds: for what is checked hundreds of thousands of times. */
import { expect } from 'chai';
import { sameData } from '../../../src/settings/plain-data.ts';

/** `expect(actual, what).to.equal(expected)` */
export function same<T>(actual: T, expected: T, what: string | (() => string) = ''): void {
  if (actual !== expected) expect(actual, typeof what === 'string' ? what : what()).to.equal(expected);
}

/** `expect(actual, what).to.deep.equal(expected)`, of plain data. */
export function alike<T>(actual: T, expected: T, what = ''): void {
  if (!sameData(actual, expected)) expect(actual, what).to.deep.equal(expected);
}
