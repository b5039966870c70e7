import { oneWay } from '../ways.ts';

export default oneWay('a share of slow calls');
