import { oneWay } from '../ways.ts';

export default oneWay('with a limit of concurrency');
