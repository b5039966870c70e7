import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Frame } from 'playwright-core';
import { WebSocket } from 'ws';
import type { Metrics } from '../../src/index.ts';
import { importRecording } from '../../src/inspect/recording.ts';
import { answerFileDialog, answerNotification, notifications, runCommand } from '../../tools/vscode-host/drive.ts';
import { until } from '../limits.ts';
import { anyoneCanUseIt } from './inspector-access.ts';
import { accessibilityProblems, inspectorFrame, openDesk, type Desk } from './workbench.ts';

const inWorkspace = { target: 'workspace' };

describe('The State Inspector', () => {
  let desk: Desk;
  let frame: Frame;
  let opened = 0;

  const active = (state: string) => frame.locator(`.state.active[data-state="${state}"]`);
  const actor = (name: string) => frame.getByRole('treeitem', { name });
  /** Presses one of the buttons for faults; `work` heals. */
  const inject = async (fault: string): Promise<void> => {
    await frame.getByRole('button', { name: fault, exact: true }).click();
    await frame.getByRole('button', { name: fault, exact: true, pressed: true }).waitFor();
  };

  before(async () => {
    desk = await openDesk({ 'workbench.colorTheme': 'Default Dark Modern' });
    await desk.link.call('update', 'maxAgents', 5, inWorkspace);
    opened = Date.now();
    await runCommand(desk.workbench.page, 'Holdfast: Open State Inspector');
    frame = await inspectorFrame(desk);
    await actor('breaker ·').click();
  });

  after(async () => {
    await desk.close();
  });

  it('shows the actors, and the chart of the selected one with its active state lit', async () => {
    await active('circuit-breaker.CLOSED').waitFor();
    for (const name of ['nofx', 'lifecycle', 'breaker ·', 'queue', 'git: breaker']) await actor(name).first().waitFor();
    await desk.picture('inspector-closed-dark');
  });

  it('F63 says since when the actors run that were there before it was opened', async () => {
    const began = frame.locator('#log .row').filter({ has: frame.locator('.type', { hasText: '(began)' }) }).locator('.time');
    const times = (await began.allTextContents()).map((time) => new Date(`${new Date(opened).toDateString()} ${time}`).getTime());
    expect(times).to.have.length.of.at.least(4);
    // They may have begun the day before.
    for (const time of times) expect((opened - time + 86_400_000) % 86_400_000, `${time}`).to.be.within(1, 3_600_000);
  });

  it('P104 shows a guard beside the service: its chart, its events, what can be sent and injected, and any moment since', async () => {
    await actor('git: breaker').click();
    await active('circuit-breaker.CLOSED').waitFor();
    await frame.getByText('Calls:', { exact: true }).waitFor();
    await inject('fail');
    for (let call = 0; call < 5; call++) await desk.link.call('worktrees');
    await active('circuit-breaker.OPEN').waitFor();
    await frame.getByRole('combobox', { name: 'Actor' }).selectOption('Selected actor');
    await frame.locator('#log .row', { hasText: 'streak: 3 → 4' }).waitFor();
    expect(await actor('breaker ·').textContent(), 'the service has nothing to do with it').to.contain('CLOSED');
    await desk.picture('inspector-guard-dark');
    await frame.locator('#log .row', { hasText: 'streak: 0 → 1' }).last().click();
    await active('circuit-breaker.CLOSED').waitFor();
    await frame.getByText('Go back to live to send events.').waitFor();
    await frame.getByRole('button', { name: 'Live' }).click();
    await active('circuit-breaker.OPEN').waitFor();
    await inject('work');
    await frame.getByRole('button', { name: 'PROBE_NOW', exact: true }).click();
    await desk.workbench.page.getByRole('button', { name: 'Send', exact: true }).click();
    await active('circuit-breaker.HALF_OPEN').waitFor();
    await desk.link.call('worktrees');
    await active('circuit-breaker.CLOSED').waitFor();
    await frame.getByRole('combobox', { name: 'Actor' }).selectOption('All actors');
    await actor('breaker ·').click();
  });

  it('P53 runs nothing but its own script, and asks nobody for anything', async () => {
    const policy = await frame.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    expect(policy).to.match(/^default-src 'none'; script-src 'nonce-[\w+/=-]{20,}'; style-src (?!.*unsafe)[^;]+$/);
    const [inline, asked, handlers] = await frame.evaluate<[unknown, string, number]>(`(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.ranInline = true';
      document.body.append(script);
      const asked = await fetch('https://localhost:1/').then(() => 'answered', ({ message }) => message);
      const all = [...document.querySelectorAll('*')];
      return [window.ranInline, asked, all.filter(({ attributes }) => [...attributes].some(({ name }) => name.startsWith('on'))).length];
    })()`);
    expect([inline, handlers]).to.deep.equal([undefined, 0]);
    expect(asked).to.match(/fetch|policy/i);
  });

  it('lights CLOSED, OPEN, HALF_OPEN and CLOSED in turn while a fault is injected and healed', async () => {
    await inject('fail');
    for (let i = 0; i < 6; i++) expect((await desk.link.call("update", "maxAgents", 6, inWorkspace)).ok, `update ${i}`).to.equal(false);
    await active('circuit-breaker.OPEN').waitFor();
    await frame.locator('.label.running .event').filter({ hasText: 's left' }).first().waitFor();
    const running = await frame.locator('.label.running .event').allTextContents();
    expect(running).to.satisfy((texts: string[]) => texts.some((text) => /openFor: 3[3-6]\d\d s left/.test(text)));
    await desk.picture('inspector-open-dark');

    await inject('work');
    await active('circuit-breaker.HALF_OPEN').waitFor();
    expect((await desk.link.call('update', 'maxAgents', 6, inWorkspace)).ok, 'the write that closes it').to.equal(true);
    await active('circuit-breaker.CLOSED').waitFor();
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('breaker');
    await until('the events of the breaker tell it in turn', async () => {
      const went = await frame.locator('.row .went').allTextContents();
      return / OPEN[^]* HALF_OPEN[^]* CLOSED/.test(went.join(' '));
    });
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('');
  });

  it('filters by actor, by type and by text, and shows what an event has changed', async () => {
    const rows = frame.locator('#log .row');
    const all = Number(await rows.first().getAttribute('aria-setsize'));
    await frame.getByRole('combobox', { name: 'Actor' }).selectOption('Selected actor');
    await frame.getByRole('combobox', { name: 'Type of event' }).selectOption('FAILURE');
    await frame.locator('#log .row[aria-posinset="5"][aria-setsize="5"]').waitFor();
    expect(all).to.be.greaterThan(5);
    expect(await rows.locator('.type').allTextContents()).to.deep.equal(Array.from({ length: 5 }, () => 'FAILURE'));
    expect(await rows.first().textContent()).to.contain('streak: 0 → 1');
    await rows.last().click();
    await frame.locator('#details tr.changed').filter({ hasText: 'streak' }).filter({ has: frame.locator('del', { hasText: '4' }) }).waitFor();
    await active('circuit-breaker.OPEN').waitFor();
    await frame.locator('.label.lit[data-edge*="FAILURE"]').waitFor();
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('no event has this');
    await frame.getByText('No event passes the filter.').waitFor();
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('');
    await frame.getByRole('combobox', { name: 'Actor' }).selectOption('All actors');
    await frame.getByRole('combobox', { name: 'Type of event' }).selectOption('All events');
    await frame.getByRole('button', { name: 'Live' }).click();
    await active('circuit-breaker.CLOSED').waitFor();
  });

  it('F62 scrubs back to any moment, in each of which the actors agree, and returns to live', async () => {
    const slider = frame.getByRole('slider', { name: 'Time' });
    const count = Number(await slider.getAttribute('max'));
    expect(count).to.be.greaterThan(10);
    for (let position = count; position > 0 && await active('circuit-breaker.OPEN').count() === 0; position--) {
      await slider.fill(String(position));
      await frame.getByText(new RegExp(`· ${position + 1} of `)).waitFor();
      const [service, breaker] = [await actor('nofx').textContent(), await actor('breaker ·').textContent()];
      expect([service!.includes('unhealthy'), /[^_]OPEN/.test(breaker!)], `${service} and ${breaker}`).to.satisfy(([ill, open]: boolean[]) => ill === open);
    }
    await active('circuit-breaker.OPEN').waitFor();
    // The chart, the tree, the context and the log show the same moment.
    expect(await actor('breaker ·').textContent()).to.contain('OPEN');
    expect(await frame.locator('#log .row[aria-selected=true]').count()).to.equal(1);
    expect(await frame.locator('#details tr', { hasText: 'epoch' }).textContent()).to.match(/[2-9]$/);
    await frame.getByText('Go back to live to send events.').waitFor();
    await desk.picture('inspector-scrubbed-dark');
    await frame.getByRole('button', { name: 'Live' }).click();
    await active('circuit-breaker.CLOSED').waitFor();
  });

  it('sends an event to the real system, after it has asked', async () => {
    const send = async (event: string): Promise<void> => {
      await frame.getByRole('button', { name: event, exact: true }).click();
      await desk.workbench.page.getByRole('button', { name: 'Send', exact: true }).click();
    };
    // While it is broken an open breaker does not find out that it could close.
    await inject('fail');
    for (const [event, state] of [['HOLD', 'held'], ['TRIP', 'cooling']] as const) {
      await send(event);
      await active(`circuit-breaker.OPEN.${state}`).waitFor();
      const refused = await desk.link.call('update', 'maxAgents', 7, inWorkspace);
      expect(refused.error?.code).to.equal('CIRCUIT_OPEN');
      await send('RESET');
      await active('circuit-breaker.CLOSED').waitFor();
    }
    await inject('work');
    expect((await desk.link.call('update', 'maxAgents', 7, inWorkspace)).ok).to.equal(true);
  });

  it('shows a retry in flight, with its chart and the time that is left, for as long as it lasts', async () => {
    await inject('hang');
    const written = desk.link.call('update', 'maxAgents', 8, inWorkspace);
    const retry = actor('retry:').first();
    await retry.click();
    await frame.locator('.state.active[data-state^="retry-sequencer."]').first().waitFor();
    await desk.picture('inspector-retry-dark');
    await inject('work');
    expect((await written).ok).to.equal(true);
    await retry.waitFor({ state: 'detached' });
    await actor('breaker ·').click();
  });

  it('shows messages between actors, and what went on over time', async () => {
    await frame.getByRole('tab', { name: 'Sequence' }).click();
    await frame.locator('svg.sequence.body').waitFor();
    await desk.picture('inspector-sequence-dark');
    expect(await accessibilityProblems(frame)).to.deep.equal([]);
    await frame.getByRole('tab', { name: 'Sequence' }).press('ArrowRight');
    await frame.locator('svg.trends .band.OPEN').first().waitFor();
    const figures = (await frame.locator('svg.trends .figures').allTextContents()).join('\n');
    expect(figures).to.match(/^CLOSED for .*\nCLOSED for .*\n■ p50 .* · ■ p95 .* · ■ p99 .*\n5 of \d+ writes failed · \d+ %\n0 waiting · at most \d+$/);
    expect(await frame.locator('svg.trends .failed').count()).to.be.greaterThan(0);
    expect(await frame.locator('svg.trends .latency.p95').count()).to.be.greaterThan(0);
    await desk.picture('inspector-charts-dark');
    expect(await accessibilityProblems(frame)).to.deep.equal([]);
    await frame.getByRole('tab', { name: 'Events' }).click();
  });

  it('makes writes land late, and shows that none of them undoes a newer one (P21)', async () => {
    await inject('land late');
    const refused = desk.link.call('update', 'maxAgents', 20, inWorkspace);
    await actor('retry:').first().waitFor();
    await inject('work');
    await refused;
    expect((await desk.link.call('update', 'maxAgents', 21, inWorkspace)).ok).to.equal(true);
    // What was refused first lands now; what it undoes is stored again.
    const seen = async (): Promise<unknown[]> => (await desk.link.call('seen', 'maxAgents')).value as unknown[];
    await until('VS Code has told of the newer value', async () => (await seen()).at(-1) === 21);
    const before = (await seen()).length;
    await desk.link.call('land');
    await until('a late value was undone', async () => (await seen()).slice(before).includes(20) && (await seen()).at(-1) === 21);
    // VS Code tells of a value before it is in the file.
    const metrics = async (): Promise<Metrics> => (await desk.link.call('metrics')).value as Metrics;
    await until('all is written', async () => (await metrics()).queueDepth === 0);
    const stored = (): unknown => (JSON.parse(readFileSync(path.join(desk.workspace, '.vscode/settings.json'), 'utf8')) as Record<string, unknown>)['nofx.maxAgents'];
    expect(stored()).to.equal(21);
    expect((await desk.link.call('get', 'maxAgents')).value).to.equal(21);
    await actor('breaker ·').click();
  });

  it('F17 exports what was seen, and opens it again (P54)', async () => {
    const { page } = desk.workbench;
    const file = path.join(desk.workspace, 'seen.json');
    await frame.getByRole('button', { name: 'Export…' }).click();
    await answerFileDialog(page, file);
    // It is there before it is whole.
    const written = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    await until('the recording is written', () => written().endsWith('}'));
    const text = written();
    expect(importRecording(text).records.length).to.be.greaterThan(10);

    // F17: as an editor may save it.
    writeFileSync(file, Buffer.from(`\uFEFF${text}`, 'utf16le'));
    await frame.getByRole('button', { name: 'Open Recording…' }).click();
    await answerFileDialog(page, file);
    await frame.getByText(/^Recording of/).waitFor();
    await frame.getByText('A recording: nothing can be sent.').waitFor();
    await desk.picture('inspector-recording-dark');

    const damaged = path.join(desk.workspace, 'damaged.json');
    writeFileSync(damaged, text.replaceAll('"transitions"', '"transition"'));
    await frame.getByRole('button', { name: 'Open Recording…' }).click();
    await answerFileDialog(page, damaged);
    await frame.getByRole('alert').filter({ hasText: 'is damaged' }).waitFor();
    await frame.getByRole('button', { name: 'Live' }).click();
    await active('circuit-breaker.CLOSED').waitFor();
  });

  anyoneCanUseIt(() => ({ desk, frame }));

  it('P53 lets another inspector follow, from when it is asked to until it is told to stop', async () => {
    const { page } = desk.workbench;
    const share = async (button: string): Promise<void> => {
      await runCommand(page, 'Holdfast: Share With Other Inspectors');
      const offer = 'Other inspectors on this machine can follow';
      await answerNotification(page, offer, button);
      await notifications(page).filter({ hasText: offer }).waitFor({ state: 'detached' });
    };
    await share('Copy Address');
    let address = '';
    await until('the address is in the clipboard', async () => {
      address = await page.evaluate<string>('navigator.clipboard.readText()');
      return address !== '';
    });
    expect(address).to.match(/^ws:\/\/127\.0\.0\.1:\d+\/stately\?token=[\w-]{40,}$/);
    const socket = new WebSocket(address);
    const told: { type: string; name?: string }[] = [];
    socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString()) as never));
    const [ended] = [once(socket, 'close'), await once(socket, 'open')];
    await desk.link.call('update', 'maxAgents', 9, inWorkspace);
    const isTold = (wanted: string): boolean => told.some(({ type }) => type === wanted);
    await until('it is told of an event and a snapshot', () => isTold('@xstate.event') && isTold('@xstate.snapshot'));
    expect(told.filter(({ type }) => type === '@xstate.actor').map(({ name }) => name)).to.include.members(['supervisor', 'lifecycle']);
    expect(told.map(({ type }) => type)).to.include.members(['@xstate.event', '@xstate.snapshot']);
    const stranger = new WebSocket(address.replace(/token=.*/, 'token=guessed-guessed-guessed'));
    expect(String((await once(stranger, 'error'))[0])).to.contain('401');
    await share('Stop');
    expect((await ended)[0]).to.equal(1001);
    const late = new WebSocket(address);
    expect(String((await once(late, 'error'))[0])).to.contain('ECONNREFUSED');
  });
});
