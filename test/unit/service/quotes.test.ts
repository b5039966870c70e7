import { expect } from 'chai';
import { inspect } from 'node:util';
import { StoreError, TimeoutError } from '../../../src/errors.ts';
import { withoutQuotes } from '../../../src/service/writes/outcome.ts';

const secret = 'hush "hush" \\ hush';

describe('What a store says of a secret', () => {
  const said = (error: unknown): string => inspect(error, { depth: 10 });

  it('P51 is told as it is when it does not quote it', () => {
    for (const error of [new StoreError('io', 'It failed.', { context: { file: 'f' } }), new TimeoutError('The write', 5, 'unknown'), 'a text', undefined]) {
      expect(withoutQuotes(error, secret)).to.equal(error);
    }
    expect(withoutQuotes(new StoreError('io', 'at 12 of 34'), 12)).to.have.property('message', 'at 12 of 34.');
  });

  it('P51 P9 keeps its reason and the way out, and nothing else, when it does', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const quoting = [
      new StoreError('permission', `cannot write ${secret}`),
      new StoreError('permission', 'cannot write', { context: { secret } }),
      new StoreError('permission', 'cannot write', { userAction: `Do not use ${secret}` }),
      new StoreError('permission', 'cannot write', { context: circular, cause: new Error('inner', { cause: new Error(JSON.stringify([secret])) }) }),
      new StoreError('permission', 'cannot write', { cause: `it was ${secret}` }),
    ];
    for (const error of quoting) {
      const told = withoutQuotes(error, { list: [secret] }) as StoreError;
      expect(told).to.include({ reason: 'permission', retryable: error.retryable, userAction: 'Allow writing to the settings file, then try again.' });
      expect(said(told)).not.to.include('hush');
    }
    expect(withoutQuotes(new Error(secret), secret)).to.include({ code: 'STORE', reason: 'unknown' });
    expect(withoutQuotes(new StoreError('scope', secret), secret)).to.include({ reason: 'scope', userAction: undefined });
  });
});
