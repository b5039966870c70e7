import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

describe('npm start', () => {
  it('serves a VS Code to whoever has the token, names its commands, and ends without a trace', async function () {
    if (process.platform === 'win32') this.skip();
    const child = spawn(process.execPath, [path.join(projectRoot, 'tools/start.ts')], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    let printed = '';
    let progress = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { progress += text; });
    const running = new Promise<void>((resolve) => child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.includes('Ctrl+C ends it')) resolve();
    }));
    try {
      await Promise.race([running, ended]);
      const url = /http:\/\/localhost:\d+\/\?tkn=\S+/.exec(printed)?.[0] ?? '';
      const workspace = /^ {2}Workspace +(.+)$/m.exec(printed)?.[1] ?? '';
      expect(url, progress).not.to.equal('');
      // The token is taken into a cookie, and out of the address.
      expect((await fetch(url, { redirect: 'manual' })).status).to.equal(302);
      expect((await fetch(new URL('/', url))).status).to.equal(403);
      expect(printed).to.include('Holdfast: Open State Inspector').and.to.include('NofX: Show Configuration').and.to.not.include('%');
      expect(existsSync(workspace)).to.be.true;

      child.kill('SIGINT');
      expect(await ended).to.equal(0);
      expect(existsSync(path.dirname(workspace)), 'its folder is left').to.be.false;
      expect(await fetch(url).then(() => 'it answers', () => 'gone')).to.equal('gone');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
