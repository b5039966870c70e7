import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { notTakenOut, obstructed, sharedBlock } from '../../../src/store/vscode-conflict.ts';

const place = { key: 'count', target: 'workspace' } as const;

describe('What a settings.json holds that VS Code does not change', () => {
  it('F10 F12 an obstacle is told with its line and a way out', () => {
    const settings = obstructed(place, { name: 'settings', line: 3, value: 'null', isSettings: true });
    expect(settings).to.include({ reason: 'conflict', userAction: 'Remove "settings" from the settings file (line 3), or make it an object.' });
    expect(settings.message).to.equal('"count" was not stored. In the workspace settings file "settings" in line 3 is null, and must be an object.');
    expect(obstructed(place, { name: 'app', line: 2, value: 'a number', isSettings: false }).message).to.contain('and hides every setting below it');
  });

  it('F13 a block for several languages is told with its line', () => {
    const shared = sharedBlock(place, 'javascript', { kind: 'block', name: '[javascript][typescript]', lines: [4] } as never);
    expect(shared).to.include({ reason: 'conflict' });
    expect(shared.message).to.contain('was not removed for javascript').and.to.contain('(line 4)');
  });

  it('F11 F12 F13 a value that stays is told by its kind, and may still show later', () => {
    const told = (kind: string): string[] => {
      const error = notTakenOut(place, [{ kind, name: 'app', lines: [2, 5] }] as never, new Error('why'));
      expect(error.context).to.include({ outcome: 'unknown', reason: 'conflict' });
      return [error.message, error.userAction!];
    };
    expect(told('twice')[0]).to.contain('stands more than once (lines 2, 5)');
    expect(told('hides')[1]).to.contain('Move "app" above the setting');
    expect(told('nested')[0]).to.contain('holds it as well');
  });

  it('F11 a value that stays because the file is not ready for it is told by that reason, with its way out', () => {
    for (const [reason, failureClass] of [['dirty', 'user'], ['invalid-file', 'user'], ['newer', 'transient']] as const) {
      const cause = new StoreError(reason, 'The workspace settings file is so.', { context: { file: 'settings.json' } });
      const error = notTakenOut(place, [{ kind: 'twice', name: 'count', lines: [2, 5] }], cause);
      expect(error).to.include({ reason, failureClass, cause, userAction: cause.userAction, message: '"count" was not stored. The workspace settings file is so.' });
      expect(error.context).to.deep.equal({ reason, key: 'count', target: 'workspace', file: 'settings.json', outcome: 'unknown' });
    }
    expect(notTakenOut(place, [{ kind: 'twice', name: 'count', lines: [2, 5] }], new StoreError('io', 'It could not be saved.'))).to.include({ reason: 'conflict' });
  });
});
