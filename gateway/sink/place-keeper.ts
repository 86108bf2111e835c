import type { Place } from "./runner.ts";

export interface PlaceKeeper {
  /** The newest place of a sink; it is kept soon. */
  take(id: string, place: Place): void;
  /** Resolves when what was taken is kept, or could not be. */
  flush(): Promise<void>;
}

/**
 * Keeps places together and not at every batch: events wait for the disk behind it. A place that is not kept yet when
 * the process dies is an older one: its sink is handed the events since then once more.
 */
export const createPlaceKeeper = (
  keep: (places: readonly (Place & { readonly id: string })[]) => Promise<unknown>,
  everyMs: number,
): PlaceKeeper => {
  let waiting = new Map<string, Place>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    if (waiting.size === 0) return;
    const taken = waiting;
    waiting = new Map();
    try {
      await keep([...taken].map(([id, place]) => ({ ...place, id })));
    } catch {
      // The disk refuses, which storing events says. An older place must not take a newer one's.
      waiting = new Map([...taken, ...waiting]);
    }
  };

  const flush = (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = null;
    running = running.then(write);
    return running;
  };

  return {
    take(id, place) {
      waiting.set(id, place);
      if (timer) return;
      timer = setTimeout(() => void flush(), everyMs);
      timer.unref();
    },
    flush,
  };
};
