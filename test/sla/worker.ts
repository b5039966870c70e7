/** Lives the schedule with one contender, in a process of its own: time is replaced for all of it. */
import { contenders } from './contenders.ts';
import { live } from './life.ts';
import { measure, type Measures } from './measures.ts';
import { drawSchedule, loadSchedule } from './schedule.ts';

export type Message = { readonly day: number } | { readonly measures: Measures };

const [name, days, seed] = process.argv.slice(2);
const schedule = seed === undefined ? loadSchedule(Number(days)) : drawSchedule(Number(seed), Number(days));
const tell = (message: Message): void => void process.send!(message);
const ledger = await live(contenders.find((each) => each.name === name)!, schedule, (day) => tell({ day }));
tell({ measures: measure(ledger) });
