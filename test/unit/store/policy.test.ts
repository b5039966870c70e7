import { expect } from 'chai';
import * as yup from 'yup';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { isByPolicy } from '../../../src/store/policy.ts';
import type { Layer, RawSetting } from '../../../src/store/store.ts';

describe('What a policy of the organisation decides', () => {
  it('is known by its deeds, and at once when the setting declares the policy', () => {
    const definition = defineSettings('test', {
      managed: { schema: yup.number().defined(), default: 1, description: 'Decided by a policy, perhaps.', policy: 'TestManaged' },
      other: { schema: yup.number().defined(), default: 1, description: 'By none.' },
    });
    const raw = (effective: number, layers: [Layer, number][]): RawSetting => ({ effective, layers: new Map(layers) });
    const cases: [string, string, RawSetting, boolean][] = [
      ['nothing is said', 'managed', raw(1, [['default', 1]]), false],
      ['a user has chosen', 'managed', raw(5, [['default', 1], ['user', 5]]), false],
      ['the policy, and nothing else', 'managed', raw(9, [['default', 9]]), true],
      ['the policy, over a user', 'managed', raw(9, [['default', 9], ['user', 5]]), true],
      ['the policy says what the extension says, over a user', 'managed', raw(1, [['default', 1], ['user', 5]]), true],
      ['another extension has changed the default', 'other', raw(9, [['default', 9]]), false],
      ['a user has chosen after that', 'other', raw(5, [['default', 9], ['user', 5]]), false],
      ['a policy that is not declared here, over a user', 'other', raw(9, [['default', 9], ['user', 5]]), true],
      ['a store that is not sure', 'other', raw(1, [['default', 1], ['user', 5]]), false],
    ];
    for (const [name, key, setting, is] of cases) expect(isByPolicy(definition, key, setting), name).to.equal(is);
  });
});
