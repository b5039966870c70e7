import { limits } from '../limits.ts';

/** The tests generated from the machines: `npm run test:model`. */
export default { spec: ['test/model/**/*.test.ts'], timeout: limits.withoutProgress, reporter: 'spec' };
