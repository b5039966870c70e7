import type { FromPage, PossibleEvent } from '../inspect/protocol.ts';
import { fill, find, h } from './dom.ts';
import type { Model } from './model.ts';
import { t } from './texts.ts';

/** Faults of the selected actor's service or guard. */
export interface Faults {
  readonly injectable: readonly string[];
  readonly injected: string | undefined;
  /** Of a guard's calls, and not of writes. */
  readonly ofCalls: boolean;
}

const none: Faults = { injectable: [], injected: undefined, ofCalls: false };

/** Buttons for what can be done to the real system now; there are none for the past, nor for a recording. */
export class Drive {
  possible: readonly PossibleEvent[] = [];
  faults = none;
  readonly #model: Model;
  readonly #tell: (message: FromPage) => void;

  constructor(model: Model, tell: (message: FromPage) => void) {
    this.#model = model;
    this.#tell = tell;
  }

  draw(): void {
    const live = this.#model.live && this.#model.position === undefined;
    this.#drawEvents(live);
    this.#drawFaults(live ? this.faults : none);
  }

  #drawEvents(live: boolean): void {
    const model = this.#model;
    fill(find('#possible'), JSON.stringify([live, model.live, model.selected, this.possible]), () => {
      if (!live) return [h('span', { class: 'note' }, model.live ? t('Go back to live to send events.') : t('A recording: nothing can be sent.'))];
      return this.possible.map(({ type, drivable }) => h('button', {
        'class': 'send', 'disabled': !drivable, 'title': drivable ? t('Send {0} to {1}', type, model.name(model.selected)) : t('{0}: only the service sends it', type),
        'click': () => this.#tell({ type: 'send', actor: model.selected!, event: type }),
      }, type));
    });
  }

  #drawFaults(faults: Faults): void {
    const inject = (fault: string | undefined) => (): void => this.#tell({ type: 'inject', actor: this.#model.selected!, fault });
    fill(find('#faults'), JSON.stringify([faults, this.#model.selected]), () => (faults.injectable.length === 0 ? [] : [
      h('span', { class: 'note' }, faults.ofCalls ? t('Calls:') : t('Writes:')),
      h('button', { 'class': 'fault', 'aria-pressed': String(faults.injected === undefined), 'click': inject(undefined) }, t('work')),
      ...faults.injectable.map((fault) => h('button', { 'class': 'fault', 'aria-pressed': String(faults.injected === fault), 'click': inject(fault) }, faultName(fault))),
    ]));
  }
}

function faultName(fault: string): string {
  return { 'fail': t('fail'), 'hang': t('hang'), 'lag': t('lag'), 'land late': t('land late') }[fault] ?? fault;
}
