import { expect } from 'chai';
import { AbortedError, CircuitOpenError, DisposedError, QueueFullError, StoreError, TimeoutError, ValidationError, type FailureClass, type StoreReason } from '../../../src/errors.ts';
import { classifyFailure } from '../../../src/guard/classify.ts';

const withCode = (code: unknown): Error => Object.assign(new Error('failed'), { code });

const reasons: Readonly<Record<StoreReason, FailureClass>> = {
  'unregistered': 'caller', 'policy': 'caller', 'scope': 'caller', 'no-workspace': 'caller', 'dirty': 'user', 'invalid-file': 'user', 'conflict': 'caller', 'newer': 'transient', 'permission': 'user',
  'read-only': 'permanent', 'no-space': 'user', 'not-ready': 'transient', 'shutting-down': 'caller', 'not-verified': 'transient', 'unsupported': 'caller', 'io': 'transient', 'unknown': 'transient',
};

describe('What a failure says (P7, P8)', () => {
  for (const [reason, expected] of Object.entries(reasons)) {
    it(`a store's "${reason}" is ${expected}`, () => {
      expect(classifyFailure(new StoreError(reason as StoreReason, 'refused'))).to.equal(expected);
    });
  }

  for (const code of ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL', 'ENAMETOOLONG', 'ENOSYS']) {
    it(`${code} is permanent`, () => {
      expect(classifyFailure(withCode(code))).to.equal('permanent');
    });
  }

  for (const code of ['EBUSY', 'EAGAIN', 'EMFILE', 'ETIMEDOUT', 'ECONNREFUSED', '', 13, ['EACCES'], undefined]) {
    it(`the code ${JSON.stringify(code)} is transient`, () => {
      expect(classifyFailure(withCode(code))).to.equal('transient');
    });
  }

  it('what is no error is transient', () => {
    for (const thrown of [undefined, null, 'EACCES', 5, {}]) expect(classifyFailure(thrown)).to.equal('transient');
  });

  it('an error of this house says itself whether another attempt helps; else its caller is to blame', () => {
    expect(classifyFailure(new TimeoutError('it', 5_000, 'unknown'))).to.equal('transient');
    // That it must not be tried again does not make it the caller's fault.
    expect(classifyFailure(new TimeoutError('it', 5_000, 'unknown', { retryable: false }))).to.equal('transient');
    expect(classifyFailure(new QueueFullError('it', 1))).to.equal('transient');
    expect(classifyFailure(new CircuitOpenError('it', 1))).to.equal('transient');
    for (const error of [new ValidationError('count', 'is bad'), new AbortedError('it', 'unknown'), new DisposedError('it')]) expect(classifyFailure(error)).to.equal('caller');
  });
});
