import { oneWay } from '../ways.ts';

export default oneWay('a share of the calls of 30 s');
