import { expect } from 'chai';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import { healthTree, type HealthNode } from '../../src/extension/health-tree.ts';
import { statusBarModel } from '../../src/extension/status-bar-model.ts';
import { WatchedService } from '../../src/extension/watched-service.ts';
import type { ConfigurationService } from '../../src/service/service.ts';
import { extension as earlierExtension } from '../earlier/0.1.0/library.cjs';
import { createGuard, superviseGuard } from '../../src/vscode.ts';
import { fixtureContext, rejection, resetSettings, superviseFixture, until } from './supervised.ts';

const secret = 'correct horse battery staple';
const sink = { write: () => undefined };

const labels = ({ label, children = [] }: HealthNode): string[] => [label, ...children.flatMap(labels)];
const texts = (node: HealthNode): string => JSON.stringify(node);

describe('Version 0.1.0 and this one, in one window', () => {
  beforeEach(resetSettings);

  it('a library of version 0.1.0 registers in this extension, and all of it is shown', async () => {
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const other = vscode.extensions.getExtension<{ service: ConfigurationService<{ count: number; token: string }> }>('holdfast-tests.fixture-0-1-0')!;
    const { service } = await other.activate();
    await until('it is registered', () => api.services.includes(service));
    const watched = new WatchedService(service, sink, () => undefined);
    await service.update('count', 7, { target: 'workspace' });
    await service.update('token', secret, { target: 'workspace' });
    expect(await rejection(service.update('count', 99))).to.include({ code: 'VALIDATION' });
    await watched.refresh();
    const tree = healthTree(watched);
    expect(labels(tree)).to.include.members(['fixtureEarlier', 'count', 'token', 'lifecycle']);
    expect(texts(tree)).to.include('7 (').and.not.to.include(secret);
    expect(statusBarModel([watched.view], Date.now())).to.include({ background: undefined });
    // The extension's commands act on it.
    await vscode.commands.executeCommand('holdfast.holdOpen', { service: 'fixtureEarlier', file: service.breakers()[0]!.file });
    await until('it is held', () => service.breakers().every(({ held }) => held));
    await vscode.commands.executeCommand('holdfast.release', { service: 'fixtureEarlier', file: service.breakers()[0]!.file });
    // That version looks at the file first, and refuses writes meanwhile.
    await until('it is closed again', () => service.breakers().every(({ mode }) => mode === 'CLOSED'));
    await service.update('count', 8, { target: 'workspace' });
    watched.dispose();
  });

  it('this library registers in an extension of version 0.1.0, and all that it knows is shown', async () => {
    const { Registry, healthTree, statusBarModel } = earlierExtension();
    const service = await superviseFixture();
    const registry = new Registry(sink);
    const registration = registry.register(service);
    const [watched] = registry.watched;
    await service.updateAll({ count: 7, token: secret }, { target: 'workspace' });
    expect(await rejection(service.update('count', 99))).to.include({ code: 'VALIDATION' });
    registry.evidence();
    await watched!.refresh();
    const tree = healthTree(watched!);
    expect(labels(tree)).to.include.members(['fixture', 'count', 'token', 'lifecycle']);
    expect(texts(tree)).to.include('7 (').and.not.to.include(secret);
    expect(statusBarModel([watched!.view], Date.now())).to.include({ background: undefined });
    await service.dispose();
    expect(registry.services).to.deep.equal([]);
    registration.dispose();
    registry.dispose();
  });

  it('P107 a guard of this library is ignored by an extension of version 0.1.0', async () => {
    const { Registry } = earlierExtension();
    const registry = new Registry(sink);
    const { extension } = await fixtureContext();
    const guard = createGuard({ name: 'git' });
    const supervised = superviseGuard({ subscriptions: [], extension }, guard);
    // The library takes that for a no.
    expect(() => registry.register(supervised)).to.throw(TypeError, 'it lacks "reload"');
    expect(registry.watched).to.deep.equal([]);
    expect(await guard.execute(() => 'well')).to.equal('well');
    guard.dispose();
    registry.dispose();
  });
});
