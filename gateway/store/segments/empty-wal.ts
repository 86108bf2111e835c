import type { SegmentCall } from "./writing.ts";

/** The WAL still holds what was deleted, and a reader may hold it for a while: it is waited for. */
export const createWalEmptier = (write: (call: SegmentCall) => Promise<unknown>, patienceMs = 60_000) => {
  let holdsErased = false;
  return {
    /** An emptying failed: it is to be tried again. */
    holdsErased: () => holdsErased,
    async empty(): Promise<void> {
      holdsErased = true;
      const until = Date.now() + patienceMs;
      while (!(await write({ kind: "truncate-wal" }))) {
        if (Date.now() > until) {
          throw new Error(
            "store: erased, but a reader keeps the database's WAL from being emptied: end it and seal again",
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      holdsErased = false;
    },
  };
};
