import type { ConfigurationError } from '../../../src/errors.ts';
import type { UpdateOptions } from '../../../src/service/options.ts';
import type { ConfigurationService } from '../../../src/service/service.ts';
import type { Answer } from '../verdict.ts';
import { now, updatesIn, type Done } from './definition.ts';

const isUnknown = ({ outcome, context }: ConfigurationError & { readonly outcome?: string }): boolean => outcome === 'unknown' || context['outcome'] === 'unknown';

/** What a caller was told. */
export const told = (answer: Promise<unknown>): Promise<Answer['ended']> =>
  answer.then(() => 'stored' as const, (error: ConfigurationError) => (isUnknown(error) ? 'unknown' : 'denied'));

/** Adds a number to the writer's own list in the settings file. */
export async function add(service: ConfigurationService<{ done: object }>, name: string, number: number, options?: UpdateOptions): Promise<Answer> {
  let called = now();
  let saw = 0;
  const ended = await told(service.update('done', (done) => {
    called = now();
    saw = updatesIn(done as Done);
    const own = (done as Done)[name];
    return { ...done, [name]: own === undefined ? `${number}` : `${own} ${number}` };
  }, options));
  return { ended, number, called, answered: now(), saw };
}

/** The line of a log, and back. */
export const toLine = ({ ended, number, called, answered, saw }: Answer): string => `${ended} ${number} ${called} ${answered} ${saw}`;

export function fromLine(line: string): Answer {
  const [ended, number, called, answered, saw] = line.split(' ');
  return { ended: ended as Answer['ended'], number: Number(number), called: Number(called), answered: Number(answered), saw: Number(saw) };
}
