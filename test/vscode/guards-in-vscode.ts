import { expect } from 'chai';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import { healthDocument } from '../../src/extension/health-document.ts';
import { healthTree, type HealthNode } from '../../src/extension/health-tree.ts';
import { metricsDocument } from '../../src/extension/metrics-document.ts';
import { statusBarModel } from '../../src/extension/status-bar-model.ts';
import { WatchedService } from '../../src/extension/watched-service.ts';
import { concurrency, createGuard, createGuards, superviseGuard, type Guard, type SupervisedGuard } from '../../src/vscode.ts';
import { closeEditors, fixtureContext, until } from './fixture-service.ts';

const name = 'remote';
const flaky = (): never => {
  throw new Error('flaky');
};
const sink = { write: () => undefined };
const labels = ({ label, description = '', children = [] }: HealthNode): string[] => [`${label}: ${description}`, ...children.flatMap(labels)];

/** What `superviseGuard` promises, in each host of extensions. */
export function guardsAreVisible(): void {
  let api: HoldfastApi;
  let guard: Guard;
  let supervised: SupervisedGuard;
  let context: { readonly subscriptions: { dispose(): unknown }[]; readonly extension: { readonly id: string } };

  const run = (command: string): Thenable<unknown> => vscode.commands.executeCommand(`holdfast.${command}`, { service: supervised.id });
  const isShown = (): boolean => api.services.some((each) => each as unknown === supervised);
  const fail = (): Promise<unknown> => Promise.all([1, 2, 3, 4, 5].map(() => guard.execute(flaky).catch(() => undefined)));

  before(async () => {
    api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
  });

  beforeEach(async () => {
    context = { subscriptions: [], extension: (await fixtureContext()).extension };
    guard = createGuard({ name, retry: { attempts: 1 }, breaker: { openFor: 3_600_000 }, limit: concurrency({ limit: 3 }) });
    supervised = superviseGuard(context, guard, { faultInjection: true });
    await until('it is registered', isShown);
  });

  afterEach(async () => {
    for (const each of context.subscriptions) each.dispose();
    guard.dispose();
    await closeEditors();
  });

  it('P107 registers in the extension, until the context is disposed of', () => {
    expect(supervised.id).to.equal(`${context.extension.id}/${name}`);
    expect(superviseGuard(context, guard)).to.equal(supervised);
    for (const each of context.subscriptions) each.dispose();
    expect(isShown()).to.equal(false);
    expect(superviseGuard(context, guard)).to.not.equal(supervised);
  });

  it('P107 is forgotten with the guard', async () => {
    guard.dispose();
    await until('it is not shown any more', () => !isShown());
  });

  it('P107 names of their own tell the guards of an extension apart; guards by key must be given one', () => {
    const other = createGuard({ name });
    expect(superviseGuard(context, other).id).to.equal(`${supervised.id}#2`);
    const guards = createGuards((key) => ({ name: key }));
    expect(() => superviseGuard(context, guards, {} as never)).to.throw(TypeError, 'name must be a text');
    expect(superviseGuard(context, guards, { name: 'hosts' }).id).to.equal(`${context.extension.id}/hosts`);
    guards.dispose();
    other.dispose();
  });

  it('P101 is shown: in the documents, the tree and the status bar', async () => {
    await guard.execute(() => 'well');
    const watched = new WatchedService(supervised, sink, () => undefined);
    await watched.refresh();
    expect(healthDocument([{ view: watched.view, entries: watched.log.entries }], Date.now()))
      .to.contain(`## ● ${name} is healthy`).and.to.contain('Slots taken: 0/3, calls waiting: 0.').and.to.contain('| closed |');
    expect(metricsDocument([{ label: name, isGuard: true, metrics: watched.metrics! }], Date.now())).to.contain(`## ${name}\n`).and.to.contain('| succeeded | 1 |');
    await fail();
    await watched.refresh();
    expect(labels(healthTree(watched))).to.include.members([`${name}: guard, unhealthy`, 'Circuit breaker: 1']);
    expect(labels(healthTree(watched)).some((label) => /open, probes in/.test(label))).to.equal(true);
    expect(statusBarModel([watched.view], Date.now())).to.include({ text: `$(error) ${name}`, background: undefined, accessibleLabel: `Holdfast: ${name}: unhealthy.` });
    expect(statusBarModel([watched.view], Date.now())!.tooltip).to.contain('Circuit breaker: open, next probe at');
    watched.dispose();
  });

  it('P101 obeys the commands', async () => {
    await run('holdOpen');
    expect([guard.breakerMode, guard.isHeld]).to.deep.equal(['OPEN', true]);
    await run('release');
    expect(guard.breakerMode).to.equal('HALF_OPEN');
    await run('reset');
    expect(guard.breakerMode).to.equal('CLOSED');
    await fail();
    await run('probe');
    expect(guard.breakerMode).to.equal('HALF_OPEN');
  });

  it('P104 has actors while the State Inspector looks, and none before and after', async () => {
    const { breaker } = guard as unknown as { breaker: { watched: boolean; actor: unknown } };
    expect([breaker.watched, breaker.actor]).to.deep.equal([false, undefined]);
    await vscode.commands.executeCommand('holdfast.openInspector');
    await until('it looks', () => breaker.watched);
    await guard.execute(() => 'well');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('it does not look any more', () => !breaker.watched);
    expect(breaker.actor).to.equal(undefined);
  });
}
