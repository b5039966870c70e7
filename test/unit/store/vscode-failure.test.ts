import { expect } from 'chai';
import { storeReasons, type StoreReason } from '../../../src/errors.ts';
import { isAFolder, writeFailure, type WriteFacts } from '../../../src/store/vscode-failure.ts';
import fc from '../../fast-check.ts';

const innocent: WriteFacts = {
  key: 'key', target: 'user', error: { name: 'CodeExpectedError' }, registered: true, workspaceOpen: true, managed: false, scopeProblem: undefined, dirty: false, fileProblem: undefined, fileIsValid: false,
};

const failure = (facts: Partial<WriteFacts>) => writeFailure({ ...innocent, ...facts }, 'the cause');
const reasonOf = (facts: Partial<WriteFacts>): StoreReason => failure(facts).reason;
const said = (message: string): Partial<WriteFacts> => ({ error: { name: 'CodeExpectedError', message } });

const dirtyMessage = 'Unable to write into workspace settings because the file has unsaved changes. Please save the workspace settings file first and then try again.';

const invalidMessage = 'Unable to write into workspace settings. Please open the workspace settings to correct errors/warnings in the file and try again.';

/** One fact a row, in the order in which they decide. */
const facts: readonly (readonly [StoreReason, Partial<WriteFacts>])[] = [
  ['shutting-down', { error: { name: 'Canceled', message: 'Canceled' } }],
  ['policy', said('Unable to write key because it is configured in system policy.')],
  ['unregistered', { registered: false }],
  ['no-workspace', { workspaceOpen: false, target: 'workspace' }],
  ['scope', { scopeProblem: 'This setting can be written only into User settings.' }],
  ['read-only', said('Error while writing to User Settings. Unable to write file (Unknown (FileSystemError): Error: EROFS: read-only file system)')],
  ['no-space', said('Unable to write file (Unknown (FileSystemError): Error: ENOSPC: no space left on device, write)')],
  ['permission', said('Error while writing to User Settings. Unable to write file (NoPermissions (FileSystemError): Error: EACCES: permission denied)')],
  ['invalid-file', { fileProblem: isAFolder }],
  ['dirty', { dirty: true }],
  ['invalid-file', { fileProblem: 'invalid symbol in line 3.' }],
  ['policy', { managed: true }],
  ['newer', said('Unable to write into user settings because the content of the file is newer.')],
  ['dirty', said(dirtyMessage)],
  ['newer', { ...said(invalidMessage), fileIsValid: true }],
  ['invalid-file', said(invalidMessage)],
  ['not-ready', said('Cannot write configuration because the configuration service is not yet ready to accept writes.')],
  ['io', said('Error while writing to User Settings. Unable to write file (Unknown (FileSystemError): Error: EIO: i/o error)')],
];

describe('What a write refused by VS Code is', () => {
  for (const [reason, fact] of facts) {
    it(`${reason}: ${fact.error?.message ?? JSON.stringify(fact)} (P9)`, () => {
      expect(reasonOf(fact)).to.equal(reason);
    });
  }

  for (const [message, reason] of [
    ['EDQUOT: disk quota exceeded', 'no-space'],
    ['FileExceedsStorageQuota', 'no-space'],
    ['EPERM: operation not permitted, rename', 'permission'],
    ['FileWriteLocked', 'permission'],
    ['EISDIR: illegal operation on a directory', 'invalid-file'],
    ['ENOTDIR: not a directory', 'invalid-file'],
    ['FileIsADirectory', 'invalid-file'],
    ['FileNotADirectory', 'invalid-file'],
    ['Unable to write file that is actually a directory', 'invalid-file'],
    ['FileModifiedSince', 'newer'],
    ['ETIMEDOUT: connection timed out', 'io'],
    ["Unable to write file '/settings.json'", 'io'],
  ] as const) {
    it(`${reason}: ${message} (P9)`, () => {
      expect(reasonOf(said(message))).to.equal(reason);
    });
  }

  it('unknown, when nothing tells', () => {
    expect(failure({ error: {} })).to.include({ reason: 'unknown', message: '"key" was not stored. VS Code refused the write and gave no reason.' });
    expect(reasonOf(said('Es ist etwas schiefgegangen.'))).to.equal('unknown');
  });

  it('shutting-down is told by the name alone, and by the message alone', () => {
    expect(reasonOf({ error: { name: 'Canceled' } })).to.equal('shutting-down');
    expect(reasonOf({ error: { name: 'Error', message: 'Canceled' } })).to.equal('shutting-down');
  });

  it('no workspace is needed for user settings, and one is for folder settings', () => {
    expect(reasonOf({ workspaceOpen: false })).to.equal('unknown');
    expect(reasonOf({ workspaceOpen: false, target: 'folder' })).to.equal('no-workspace');
  });

  it('the facts decide whatever the display language (P9)', () => {
    const german = said('In die Benutzereinstellungen kann nicht geschrieben werden.');
    expect(reasonOf({ ...german, dirty: true })).to.equal('dirty');
    expect(reasonOf({ ...german, registered: false })).to.equal('unregistered');
    expect(reasonOf(said('Fehler beim Schreiben (Unbekannt: Error: EROFS: …)'))).to.equal('read-only');
  });

  it('errno tokens are whole words', () => {
    expect(reasonOf(said('the setting XEROFSX'))).to.equal('unknown');
  });

  it('the cause comes before its consequence: full disk, then "unsaved changes"', () => {
    expect(reasonOf({ dirty: true, ...said('Error: ENOSPC: no space left on device') })).to.equal('no-space');
    expect(reasonOf({ dirty: true, ...said(dirtyMessage), fileProblem: isAFolder })).to.equal('invalid-file');
  });

  it('of several facts, the one that stands first decides (P9)', () => {
    // All messages say something different, but an error has only one: facts and one message are mixed.
    fc.assert(fc.property(fc.subarray([...facts.keys()], { minLength: 1 }), (chosen) => {
      const together = chosen.filter((index, at) => facts[index]![1].error === undefined || chosen.findIndex((other) => facts[other]![1].error !== undefined) === at);
      const mixed = Object.assign({}, ...together.map((index) => facts[index]![1]).reverse()) as Partial<WriteFacts>;
      expect(reasonOf(mixed)).to.equal(facts[together[0]!]![0]);
    }));
  });

  it('the error says which setting and where, keeps the cause, and what a person can do (P9)', () => {
    for (const [reason, fact] of facts) {
      const error = failure(fact);
      expect(error.message).to.match(/^"key" was not stored\. ./);
      expect(error.context).to.include({ key: 'key', target: fact.target ?? 'user', reason });
      expect(error.cause).to.equal('the cause');
      expect(error.retryable).to.equal(storeReasons[reason].class === 'transient');
      if (reason !== 'invalid-file') expect(error.userAction).to.equal(storeReasons[reason].userAction);
    }
    expect(failure({ fileProblem: isAFolder }).userAction).to.match(/^A folder is in the place/);
    expect(failure({ registered: false }).message).to.contain('is not in the extension\'s manifest');
    expect(failure({ dirty: true, target: 'workspace' }).message).to.equal('"key" was not stored. The workspace settings file has unsaved changes.');
    expect(failure({ fileProblem: 'comma expected in line 2.' }).message).to.equal('"key" was not stored. The user settings file cannot be read: comma expected in line 2.');
  });
});
