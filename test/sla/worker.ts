/** Lives the schedule with one contender, in a process of its own: time is replaced for all of it. */
import { contenders } from './contenders.ts';
import { live } from './life.ts';
import { measure, type Measures } from './measures.ts';
import { loadSchedule } from './schedule.ts';

export type Message = { readonly day: number } | { readonly measures: Measures };

const [name, days] = process.argv.slice(2);
const tell = (message: Message): void => void process.send!(message);
const ledger = await live(contenders.find((each) => each.name === name)!, loadSchedule(Number(days)), (day) => tell({ day }));
tell({ measures: measure(ledger) });
