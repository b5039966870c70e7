import type { TimerHandle } from '../../../src/clock.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

/** A virtual clock that refuses a timer on demand: an actor that wants to wait then crashes, as it might for any other reason. */
export class FaultyClock extends VirtualClock {
  /** The next so many timers are refused. */
  refuse = 0;

  override setTimeout(callback: () => void, delay: number, background = false): TimerHandle {
    if (this.refuse > 0) {
      this.refuse--;
      throw new Error('Injected: no timer.');
    }
    return super.setTimeout(callback, delay, background);
  }
}
