import { fill, find, h, shortName } from './dom.ts';
import type { EventLog } from './log.ts';
import type { Model } from './model.ts';
import { t } from './texts.ts';

/** Actors that can be chosen: with more, the tree is the way to choose. */
const mostActors = 200;

/** By actor, by type and by text: what the log and the sequence diagram show. */
export class Filters {
  readonly #model: Model;
  readonly #log: EventLog;
  readonly #who = find<HTMLSelectElement>('#who');
  readonly #which = find<HTMLSelectElement>('#which');
  readonly #text = find<HTMLInputElement>('#filter');

  constructor(model: Model, log: EventLog, onChange: () => void) {
    this.#model = model;
    this.#log = log;
    const changed = (): void => {
      this.#apply();
      onChange();
    };
    this.#text.addEventListener('input', changed);
    for (const select of [this.#who, this.#which]) select.addEventListener('change', changed);
  }

  draw(): void {
    const actors = [...this.#model.moment().values()].filter(({ stopped }) => !stopped).slice(0, mostActors);
    offer(this.#who, [
      ['', t('All actors')], ['selected', t('Selected actor')],
      ...actors.map(({ actor, name, parent, service }) => [actor, parent === undefined ? service : shortName(name)] as const),
    ]);
    offer(this.#which, [['', t('All events')], ...[...this.#log.types].sort().map((type) => [type, type] as const)]);
  }

  /** Another actor is selected. */
  onSelect(): void {
    if (this.#who.value === 'selected') this.#apply();
  }

  #apply(): void {
    const who = this.#who.value;
    this.#log.filter({ actor: who === 'selected' ? this.#model.selected : who || undefined, type: this.#which.value || undefined, text: this.#text.value });
  }
}

function offer(select: HTMLSelectElement, all: readonly (readonly [value: string, text: string])[]): void {
  // A list that is open is left alone.
  if (document.activeElement === select && select.options.length > 0) return;
  const { value } = select;
  fill(select, JSON.stringify(all), () => all.map(([each, text]) => h('option', { value: each, selected: each === value }, text)));
}
