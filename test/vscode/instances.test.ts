import { expect } from 'chai';
import { superviseConfiguration } from '../../src/vscode.ts';
import { fixture } from './fixture-settings.ts';
import { fixtureContext } from './fixture-service.ts';

describe('Services of one extension', () => {
  it('F46: are told apart by their ids, whatever they supervise', async () => {
    const context = await fixtureContext();
    // Not the extension's own list, which lives as long as the window.
    const own = { ...context, extension: context.extension, subscriptions: [] as { dispose(): void }[] };
    const services = await Promise.all([1, 2, 3].map(() => superviseConfiguration(own, fixture)));
    const { id } = context.extension;
    expect(services.map((service) => service.id)).to.deep.equal([id, `${id}/fixture`, `${id}/fixture#2`]);
    for (const { dispose } of own.subscriptions) dispose();
    await Promise.all(services.map((service) => service.dispose()));
  });
});
