import { expect } from 'chai';
import { rejection, superviseFixture, until } from '../fixture-service.ts';
import { readSettings, resetSettings } from './settings-json.ts';

const workspace = { target: 'workspace' } as const;

interface LockInfo {
  readonly name: string;
}

/** The Web Locks API, as all tabs of an origin share it. */
const { locks } = (globalThis as unknown as {
  readonly navigator: {
    readonly locks: {
      request(name: string, whileHeld: () => Promise<unknown>): Promise<unknown>;
      query(): Promise<{ readonly held: readonly LockInfo[]; readonly pending: readonly LockInfo[] }>;
    };
  };
}).navigator;

describe('One writer at a time in the browser', () => {
  let service: Awaited<ReturnType<typeof superviseFixture>>;

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    await service.dispose();
    await resetSettings();
  });

  const names = async (which: 'held' | 'pending'): Promise<string[]> => (await locks.query())[which].map(({ name }) => name).filter((name) => name.startsWith('holdfast-lock-'));

  /** The lock that a write takes. */
  async function nameOfLock(): Promise<string> {
    let seen: string[] = [];
    let isOver = false;
    const update = service.update('name', 'first', workspace).finally(() => (isOver = true));
    while (seen.length === 0 && !isOver) seen = await names('held');
    await update;
    expect(seen.length, 'locks seen while it writes').to.equal(1);
    return seen[0]!;
  }

  /** Whoever of this origin has it: another tab. */
  async function heldByAnother(name: string): Promise<{ release(): Promise<void> }> {
    let release: () => void = () => undefined;
    let ended: Promise<unknown> = Promise.resolve();
    await new Promise<void>((isHeld) => {
      ended = locks.request(name, () => new Promise<void>((resolve) => {
        release = resolve;
        isHeld();
      }));
    });
    return {
      release: async () => {
        release();
        await ended;
      },
    };
  }

  it('a write has the lock of its file while it is stored, and not any more when it is answered', async () => {
    expect(await nameOfLock()).to.match(/^holdfast-lock-1-vscode-remote:.*\/\.vscode\/settings\.json$/);
    expect(await names('held')).to.deep.equal([]);
    expect((await service.health()).checks.access.status).to.equal('healthy');
  });

  it('it waits while another tab has it, and is stored then', async () => {
    const other = await heldByAnother(await nameOfLock());
    const update = service.update('count', 5, workspace);
    await until('the write waits for the lock', async () => (await names('pending')).length === 1);
    expect(await readSettings()).to.deep.equal({ 'fixture.name': 'first' });
    await other.release();
    expect(await update).to.deep.equal({ outcome: 'stored', target: 'workspace' });
    expect(await readSettings()).to.deep.equal({ 'fixture.name': 'first', 'fixture.count': 5 });
    expect(await names('held')).to.deep.equal([]);
  });

  it('a caller that leaves does not wait any longer', async () => {
    const other = await heldByAnother(await nameOfLock());
    const caller = new AbortController();
    const update = service.update('count', 5, { ...workspace, signal: caller.signal });
    await until('the write waits for the lock', async () => (await names('pending')).length === 1);
    caller.abort();
    expect(await rejection(update)).to.include({ code: 'ABORTED' });
    await until('nobody waits for the lock', async () => (await names('pending')).length === 0);
    await other.release();
    expect(await readSettings()).to.deep.equal({ 'fixture.name': 'first' });
  });
});
