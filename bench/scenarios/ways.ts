import { race } from '../scenario.ts';
import { bare, floor, guardsOf } from '../ways.ts';

export default race(
  'Success, guards of every kind in one process',
  'What a program pays for having all of them: code that serves several kinds is compiled for all.',
  (setting) => [bare, floor, ...guardsOf(setting)],
  () => [],
);
