import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { background, freePort, hasPrometheus, howToInstall, PrometheusApi } from '../../tools/prometheus.ts';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { until } from '../limits.ts';
import { stepsOf } from '../getting-started/steps.ts';
import { checkDashboard } from './dashboard.ts';

/**
 * docs/monitoring.md, followed to the letter with a Prometheus of its own. What differs from the document: the ports,
 * which are free ones; the pace, so that nobody waits; and `npm install`, which another suite does: here the library
 * is the source.
 */
describe('Monitoring', () => {
  const steps = stepsOf(path.join(projectRoot, 'docs/monitoring.md'), 'Grafana');
  const running: ReturnType<typeof background>[] = [];
  const ports = new Map<string, number>();
  let folder = '';
  let prometheus: PrometheusApi;
  /** What the last command said; or asks again, when it was a URL. */
  let said: () => Promise<string>;

  before(async function () {
    // Where everything must be tested, its absence is a failure.
    if (!hasPrometheus() && !process.env['CI']) {
      console.log(`      ${howToInstall}`);
      this.skip();
    }
    for (const port of ['9464', '9095']) ports.set(port, await freePort());
    prometheus = new PrometheusApi(withPorts('http://127.0.0.1:9095'));
    folder = temporaryFolder();
  });

  after(async () => {
    for (const each of running.reverse()) await each.stop();
  });

  for (const step of steps) {
    if (step.kind === 'file') it(`writes ${step.name}`, () => writeFileSync(path.join(folder, step.name), withPorts(step.text)));
    else if (step.kind === 'shell') for (const command of step.commands) it(`$ ${command}`, () => execute(withPorts(command)));
    else it(step.words, () => see(step.words));
  }

  it('every query of the dashboard has an answer, without an error and with data', () => checkDashboard(prometheus));

  async function execute(command: string): Promise<void> {
    const [program = '', ...words] = command.replaceAll('$HOLDFAST', projectRoot).replaceAll('"', '').split(' ');
    if (program === 'cd') folder = path.join(folder, words[0]!);
    else if (program === 'curl') said = curl(words);
    else if (program === 'npm') linkLibrary();
    else if (program === 'node') running.push(background(process.execPath, ['--import', path.join(projectRoot, 'tools/from-source.ts'), words[0]!], folder));
    else if (command.endsWith('&')) running.push(background(program, words.slice(0, -1), folder));
    else {
      const text = await run('bash', ['-c', command], folder, { HOLDFAST: projectRoot });
      said = async () => text;
    }
    if (program === 'cp') quicken();
  }

  /** What `curl` says, each time that it is asked. */
  function curl(words: readonly string[]): () => Promise<string> {
    const url = words.at(-1)!;
    // Without -g it takes brackets and braces for ranges, and refuses.
    expect(words.includes('-g'), `curl ${words.join(' ')}`).to.equal(/[[\]{}]/.test(url));
    return async () => (await fetch(url)).text();
  }

  /** Sees what the document says will be seen; soon, since it says nothing of how soon. */
  async function see(words: string): Promise<void> {
    const texts = [...words.matchAll(/`(.+?)`/g)].map(([, text]) => text!).filter((text) => text !== 'userAction');
    expect(texts, 'There is something to see').not.to.deep.equal([]);
    let last = '';
    const seen = until(`${texts.join(', ')} is to be seen`, async () => {
      last = await said().catch((error: Error) => error.message);
      failIfOneHasEnded();
      return texts.every((text) => last.includes(text));
    });
    await seen.catch((error: Error) => { throw new Error(`${error.message} Last it was:\n${last}`); });
  }

  function failIfOneHasEnded(): void {
    for (const each of running) if (each.hasEnded()) throw new Error(`A program has ended: ${each.said()}`);
  }

  /** As `npm install` would leave it, as far as the program sees; ./tools/from-source.ts does the rest. */
  function linkLibrary(): void {
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(path.join(projectRoot, 'node_modules/yup'), path.join(folder, 'node_modules/yup'), 'junction');
  }

  function quicken(): void {
    for (const [name, slow, quick] of [['prometheus.yml', /interval: 15s/g, 'interval: 500ms'], ['alerts.yml', /for: 30s/g, 'for: 2s']] as const) {
      const file = path.join(folder, name);
      const text = readFileSync(file, 'utf8');
      expect(text).to.match(slow);
      writeFileSync(file, withPorts(text.replaceAll(slow, quick)));
    }
  }

  function withPorts(text: string): string {
    return text.replaceAll(/\b(9464|9095)\b/g, (port) => String(ports.get(port)));
  }
});
