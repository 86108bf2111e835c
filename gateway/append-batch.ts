import type { Outcome } from "./store/group-commit.ts";
import type { Batch } from "./store/ledger.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

/** Takes what another process was sent, a worker or the one before, and answers what it is to be told. */
export const appendBatch = (
  store: Pick<SqliteStore, "appendLines" | "reject">,
  { lines, keyTimes, rejects }: Batch,
): Promise<Outcome> => {
  for (const reject of rejects) store.reject(reject);
  return store.appendLines(lines, keyTimes).then(
    (doubles) => ({ kind: "appended", doubles }),
    (error: Error) => ({ kind: "refused", reason: error.message, disk: false }),
  );
};
