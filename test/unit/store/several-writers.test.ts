import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationService } from '../../../src/service/service.ts';
import { jsonMemento } from '../../../src/store/json-memento.ts';
import { JsonStore } from '../../../src/store/json-store.ts';
import { finishedByTheWritePath, pending } from '../../skip.ts';
import { Place } from './json-support.ts';
import { definition } from './programs/definition.ts';

/** Runs a program of this folder in a process of its own. */
function run(program: string, ...args: string[]): Promise<{ readonly signal: unknown; readonly printed: string; readonly problem: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, NODE_V8_COVERAGE: '' } };
    execFile(process.execPath, [path.join(import.meta.dirname, 'programs', program), ...args], options, (error, printed, problem) => {
      resolve({ signal: error?.signal ?? error?.code, printed, problem });
    });
  });
}

describe('Several processes at one file: JsonStore', () => {
  const place = new Place();
  const stored = (): Record<string, unknown> => JSON.parse(readFileSync(place.user, 'utf8')) as Record<string, unknown>;

  pending('F5: what was acknowledged is in the file, however many append to one list', finishedByTheWritePath, async () => {
    writeFileSync(place.user, '{}');
    const processes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => run('append.ts', place.user, name, '100')));
    for (const { signal, problem } of processes) expect(signal, problem).to.equal(undefined);
    const told = processes.map(({ printed }) => JSON.parse(printed) as { readonly acknowledged: string[]; readonly denied: string[] });
    const acknowledged = told.flatMap((each) => each.acknowledged);
    const denied = told.flatMap((each) => each.denied);
    const list = stored()['s.list'] as string[];
    expect(acknowledged.filter((tag) => !list.includes(tag)), 'acknowledged, and not in the file').to.deep.equal([]);
    expect(denied.filter((tag) => list.includes(tag)), 'said not to be stored, and in the file').to.deep.equal([]);
    expect(list.length, 'nothing twice').to.equal(new Set(list).size);
    expect(acknowledged, 'nothing that works is refused').to.have.length(400);
  });

  pending('F52: a process is killed during updateAll: all of it is stored or nothing, and the next process says one thing of it', finishedByTheWritePath, async () => {
    const before = { 's.n1': 0, 's.n2': 0, 's.n3': 0, 's.n4': 0 };
    const after = { 's.n1': 1, 's.n2': 1, 's.n3': 1, 's.n4': 1 };
    // After each save that there is, until there is no more to be killed at.
    for (let saves = 1, printed = ''; printed === ''; saves++) {
      writeFileSync(place.user, JSON.stringify(before));
      rmSync(`${place.user}.memento`, { force: true });
      ({ printed } = await run('killed.ts', place.user, String(saves)));
      const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user: place.user }), memento: jsonMemento(`${place.user}.memento`) });
      const told = new Set<string>();
      service.onEvent((event) => {
        if (event.type === 'reconciled') told.add(event.outcome);
      });
      await service.ready;
      await service.dispose();
      expect(stored(), `killed after save ${saves}`).to.be.deep.oneOf([before, after]);
      expect([...told], `killed after save ${saves}`).to.be.deep.oneOf([[], ['stored'], ['not stored']]);
    }
  });
});
