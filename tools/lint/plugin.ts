/** The rules of the house: see oxlint.config.ts. */
import { statesInMachines } from './states-in-machines.ts';
import { waits } from './waits.ts';

export default { meta: { name: 'holdfast' }, rules: { 'states-in-machines': statesInMachines, waits } };
