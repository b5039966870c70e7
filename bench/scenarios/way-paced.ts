import { oneWay } from '../ways.ts';

export default oneWay('with a limit, Retry-After and a retry budget');
