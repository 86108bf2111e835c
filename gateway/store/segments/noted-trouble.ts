import type { Keeper } from "./keeper.ts";
import { DamagedFiles } from "./recovery.ts";

/** A keeper that knows what is wrong with its files. */
export interface NotedKeeper extends Keeper {
  /** Why the folder could not be brought in order, why nothing is sealed, or which files are damaged; else null. */
  trouble(): string | null;
}

/** Remembers what went wrong, until it goes well: whoever asks after health learns of it, not the log alone. */
export const noteTrouble = (keeper: Keeper): NotedKeeper => {
  const troubles = new Map<"recover" | "seal" | "damaged", string>();
  const noted =
    <T>(name: "recover" | "seal", work: () => Promise<T>) =>
    async (): Promise<T> => {
      try {
        const done = await work();
        troubles.delete(name);
        return done;
      } catch (error) {
        const told = error instanceof Error ? error.message : String(error);
        troubles.set(error instanceof DamagedFiles ? "damaged" : name, told);
        throw error;
      }
    };
  return {
    ...keeper,
    recover: noted("recover", keeper.recover),
    seal: noted("seal", async () => {
      const report = await keeper.seal();
      if (report.damaged) troubles.set("damaged", report.damaged.join("; "));
      else troubles.delete("damaged");
      return report;
    }),
    trouble: () => troubles.get("recover") ?? troubles.get("seal") ?? troubles.get("damaged") ?? null,
  };
};
