import { expect } from 'chai';
import { StoreError, TimeoutError, TransactionError } from '../../../src/errors.ts';
import { errorFacts } from '../../../src/observe/error-facts.ts';
import { tellableFacts } from '../../../src/observe/redact.ts';
import { FakeService } from './fake-service.ts';

describe('The facts of an error', () => {
  const injected = new StoreError('no-space', 'Injected: no-space.', { context: { injected: true } });

  it('F67 say that it is injected, also as the cause of a transaction’s', () => {
    expect(errorFacts(injected)).to.include({ injected: true });
    expect(errorFacts(new TransactionError('key', [], [], { cause: injected }))).to.include({ injected: true, reason: 'no-space' });
    for (const other of [new StoreError('io', 'x'), new TransactionError('key', [], []), 'text', null]) expect(errorFacts(other)).not.to.have.property('injected');
  });

  it('F67 count a timeout as injected while there is an injected fault, and nothing else', () => {
    const timeout = errorFacts(new TimeoutError('The write', 5_000, 'unknown'));
    const faults: { injected: string | undefined } = { injected: 'hang' };
    const service = Object.assign(new FakeService(), { faults });
    expect(tellableFacts(service, timeout)).to.include({ injected: true });
    expect(tellableFacts(service, errorFacts(new StoreError('permission', 'x')))).not.to.have.property('injected');
    faults.injected = undefined;
    expect(tellableFacts(service, timeout)).not.to.have.property('injected');
    expect(tellableFacts(new FakeService(), timeout)).not.to.have.property('injected');
  });
});
