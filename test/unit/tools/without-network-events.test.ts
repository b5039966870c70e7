import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { temporaryFolder } from '../../../tools/vscode-host/home.ts';
import { projectRoot } from '../../../tools/vscode-host/paths.ts';
import { skip } from '../../skip.ts';

const message = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\0`);

describe('Chromium without events of the network', () => {
  it('gets every message as it was written, but the wish for these events, and ends as it ends', async function () {
    if (process.platform === 'win32') skip(this, 'Windows hands no descriptors on');
    const folder = temporaryFolder();
    // In the place of Chromium: answers with what it was told, and ends with the number it was given.
    const browser = path.join(folder, 'browser');
    writeFileSync(browser, '#!/bin/sh\ncat <&3 >&4\nexit "$1"\n');
    chmodSync(browser, 0o755);
    const child = spawn(path.join(projectRoot, 'tools/vscode-host/chromium'), ['7'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'], env: { ...process.env, HOLDFAST_CHROMIUM: browser, HOLDFAST_NODE: process.execPath },
    });
    const [, , , commands, answers] = child.stdio as unknown as [null, null, null, Writable, Readable];
    const heard: Buffer[] = [];
    answers.on('data', (chunk: Buffer) => heard.push(chunk));
    const ended = once(child, 'close');

    const long = message({ id: 3, method: 'Runtime.evaluate', params: { text: `${'ü'.repeat(100_000)}"method":"Network.enable"` } });
    const sent = Buffer.concat([
      message({ id: 1, method: 'Page.enable', sessionId: 'A' }), message({ id: 2, method: 'Network.enable', params: {}, sessionId: 'A' }),
      long, message({ id: 4, method: 'Network.enable' }),
    ]);
    // In pieces, as a pipe cuts them.
    for (let at = 0; at < sent.length; at += 77_777) commands.write(sent.subarray(at, at + 77_777));
    commands.end();
    expect(await ended).to.deep.equal([7, null]);
    expect(Buffer.concat(heard).equals(Buffer.concat([
      message({ id: 1, method: 'Page.enable', sessionId: 'A' }), message({ id: 2, method: 'Network.disable', params: {}, sessionId: 'A' }),
      long, message({ id: 4, method: 'Network.disable' }),
    ]))).to.equal(true);
  });
});
