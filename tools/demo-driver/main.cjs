'use strict';
/**
 * The hand of the demo inside VS Code: asks the NofX example for what the demo wants to know, and answers with what it
 * said and how long it took. Once it is told to it reads every setting, again and again, and counts what is not legal.
 *
 * One JSON object a line, over the socket that HOLDFAST_DEMO_SOCKET names: `{ id, call, args }`, answered by
 * `{ id, ok, value | error, ms }`.
 */
const net = require('node:net');
const { basename, dirname } = require('node:path');
const readline = require('node:readline');
const vscode = require('vscode');

const legal = {
  getAiProvider: (value) => ['claude', 'aider', 'custom'].includes(value),
  getMaxAgents: (value) => Number.isInteger(value) && value >= 1 && value <= 50,
  getAiPath: (value) => typeof value === 'string' && !value.includes('..'),
  isAutoAssignTasks: (value) => typeof value === 'boolean',
  getTemplatesPath: (value) => typeof value === 'string' && !value.startsWith('/'),
  isPersistAgents: (value) => typeof value === 'boolean',
  getLogLevel: (value) => ['debug', 'info', 'warn', 'error'].includes(value),
  isShowAgentTerminalOnSpawn: (value) => typeof value === 'boolean',
  getClaudeInitializationDelay: (value) => value >= 1 && value <= 60,
  getAgentSpawnDelay: (value) => value >= 500 && value <= 10_000,
};

exports.activate = async (context) => {
  const template = process.env.HOLDFAST_DEMO_SOCKET;
  if (!template) return;
  const path = template.replace('{folder}', () => basename(dirname(vscode.workspace.workspaceFolders[0].uri.fsPath)));
  const { configuration } = await vscode.extensions.getExtension('nofx-example.nofx').activate();
  const reads = { count: 0, illegal: 0, threw: 0 };
  const readAll = () => {
    for (const [accessor, isLegal] of Object.entries(legal)) {
      reads.count += 1;
      try {
        if (!isLegal(configuration[accessor]())) reads.illegal += 1;
      } catch {
        reads.threw += 1;
      }
    }
  };
  let reader;

  /** The values that VS Code has told of, of each setting and in order. */
  const seen = new Map();
  context.subscriptions.push(vscode.workspace.onDidChangeConfiguration((event) => {
    if (!event.affectsConfiguration('nofx.maxAgents')) return;
    seen.set('maxAgents', [...seen.get('maxAgents') ?? [], vscode.workspace.getConfiguration('nofx').get('maxAgents')]);
  }));

  const calls = {
    get: (key) => configuration.get(key),
    update: (key, value, options) => configuration.update(key, value, options),
    // Asks git, as long as it has not answered.
    worktrees: () => configuration.isUseWorktrees(),
    health: () => configuration.healthCheck(),
    metrics: () => configuration.getMetrics(),
    startReading: () => { reader ??= setInterval(readAll, 1); },
    reads: () => reads,
    theme: (name) => vscode.workspace.getConfiguration('workbench').update('colorTheme', name, vscode.ConfigurationTarget.Global),
    // In the tests of the workbench: what was refused first lands.
    land: () => globalThis.landLateWrite(),
    seen: (key) => seen.get(key) ?? [],
    unsaved: () => vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty).map(({ uri }) => uri.path),
    raw: (key, value) => vscode.workspace.getConfiguration('nofx').update(key, value, vscode.ConfigurationTarget.Workspace),
  };
  const server = net.createServer((socket) => {
    readline.createInterface({ input: socket }).on('line', async (line) => {
      const { id, call, args } = JSON.parse(line);
      const started = performance.now();
      let answer;
      try {
        answer = { ok: true, value: await calls[call](...args) };
      } catch (error) {
        const { name, message, code, reason, userAction, retryable } = error;
        answer = { ok: false, error: { name, message, code, reason, userAction, retryable } };
      }
      socket.write(`${JSON.stringify({ id, ...answer, ms: performance.now() - started })}\n`);
    });
    socket.on('error', () => undefined);
  });
  server.listen(path);
  context.subscriptions.push({ dispose: () => { clearInterval(reader); server.close(); } });
};
