import type { Keeper } from "./keeper.ts";

/** A keeper that knows what is wrong with its files. */
export interface NotedKeeper extends Keeper {
  /** Why the folder could not be brought in order, or why nothing is sealed; null where both went well. */
  trouble(): string | null;
}

/** Remembers what went wrong, until it goes well: whoever asks after health learns of it, not the log alone. */
export const noteTrouble = (keeper: Keeper): NotedKeeper => {
  const troubles = new Map<string, string>();
  const noted =
    <T>(name: string, work: () => Promise<T>) =>
    async (): Promise<T> => {
      try {
        const done = await work();
        troubles.delete(name);
        return done;
      } catch (error) {
        troubles.set(name, error instanceof Error ? error.message : String(error));
        throw error;
      }
    };
  return {
    ...keeper,
    recover: noted("recover", keeper.recover),
    seal: noted("seal", keeper.seal),
    trouble: () => troubles.get("recover") ?? troubles.get("seal") ?? null,
  };
};
