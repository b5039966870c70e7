import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { GitGlanceApi } from '../../examples/git-glance/src/extension.ts';

describe('Git Glance, the example of a guard', () => {
  const folder = vscode.workspace.workspaceFolders![0]!.uri.fsPath;
  const repository = path.join(folder, '.git');
  const git = (...args: string[]): unknown => execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...args], { cwd: folder, stdio: 'pipe' });

  after(() => rmSync(repository, { recursive: true, force: true }));

  it('shows the last commit, and that there is none yet', async () => {
    const api = await vscode.extensions.getExtension<GitGlanceApi>('holdfast-examples.git-glance')!.activate();
    git('init', '--quiet');
    expect(await api.refresh()).to.equal('$(git-commit) no commit yet');
    git('commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message', 'A first step');
    expect(await vscode.commands.executeCommand('gitGlance.refresh')).to.equal('$(git-commit) A first step');
    expect(await vscode.commands.executeCommand('gitGlance.authors')).to.equal('no file that git knows');
    expect(api.git.limit).to.include({ running: 0, waiting: 0 });
    expect(api.git.guard.breakerMode).to.equal('CLOSED');
  });
});
