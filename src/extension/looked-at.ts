import { disposeAll } from '../disposal.ts';
import type { InspectedActor } from '../inspect/recorder.ts';
import type { Disposable } from '../store/store.ts';
import type { RegisteredService } from './api.ts';

/** The actors of a service or a guard, while an inspector looks at them. */
export interface Attached extends Disposable {
  /** A service has one, its supervisor; a guard one for each part. */
  readonly roots: readonly InspectedActor[];
}

/**
 * Attaches an inspector to the supervisor of a service; or to the actors of a guard, which are started for it.
 * @param follow attaches it to one actor and what is below
 */
export function attach(service: RegisteredService, follow: (actor: InspectedActor) => Disposable): Attached {
  const followed = new Map<InspectedActor, Disposable>();
  const begin = (actor: { getSnapshot(): unknown }): void => {
    const root = actor as InspectedActor;
    followed.set(root, follow(root));
    // Guards by key come and go.
    if (service.look !== undefined) root.subscribe?.({
      complete: () => {
        followed.get(root)?.dispose();
        followed.delete(root);
      },
    });
  };
  const look = service.look?.(begin);
  if (look === undefined) begin(service.supervisor);
  return {
    get roots() {
      return [...followed.keys()];
    },
    dispose: () => disposeAll([...followed.values(), look]),
  };
}
