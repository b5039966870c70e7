import { expect } from 'chai';
import { ValidationError } from '../../../src/errors.ts';
import { bench } from './support.ts';

/** What VS Code's own API takes in these places, and what callers pass by mistake. */
const notObjects: readonly unknown[] = [2, 1, 'workspace', true, false, null, [], () => undefined];

describe('Service: arguments', () => {
  for (const given of notObjects) {
    it(`F44: options that are ${JSON.stringify(given) ?? 'a function'} are refused, and nothing is written`, async () => {
      const { service, error, stored } = await bench();
      for (const call of [
        () => service.update('count', 5, given as never),
        () => service.updateAll({ count: 5 }, given as never),
        () => service.convertOldSettings(given as never),
      ]) {
        const refused = await error(call());
        expect(refused).to.be.instanceOf(ValidationError);
        expect(refused.message).to.match(/must be an object, such as/);
      }
      expect(stored('count')).to.equal(undefined);
    });
  }

  it('F44: a listener that cannot be called is refused when it is registered', async () => {
    const { service } = await bench();
    for (const listener of [null, undefined, {}, 'x']) {
      expect(() => service.onDidChange('count', listener as never), 'onDidChange').to.throw(ValidationError, 'listener');
      expect(() => service.onEvent(listener as never), 'onEvent').to.throw(ValidationError, 'listener');
      expect(() => service.onWrite(listener as never), 'onWrite').to.throw(ValidationError, 'capture');
    }
  });

  it('F58: a scope that is none is refused by name, wherever one is taken; a read still answers', async () => {
    const { service } = await bench();
    for (const scope of [null, 2, 'file:///a', true]) {
      expect(() => service.inspect('count', scope as never), 'inspect').to.throw(ValidationError, 'scope');
      expect(() => service.onDidChange('count', () => undefined, scope as never), 'onDidChange').to.throw(ValidationError, 'scope');
      expect(service.get('count', scope as never)).to.equal(3);
    }
    expect(() => service.inspect('count', { resource: 5 } as never)).to.throw(ValidationError, 'resource');
  });
});
