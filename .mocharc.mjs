import { limits } from './test/limits.ts';

/** The unit tests: `npm run test:unit`. */
export default { spec: ['test/unit/**/*.test.ts'], timeout: limits.withoutProgress, reporter: 'dot' };
