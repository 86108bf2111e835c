import type { Config } from "../config/schema.ts";
import { systemClock } from "../lib/clock.ts";
import { openProjectedLedger } from "../projected-ledger.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Ownership } from "../store/owner.ts";

/** Does the work in a data folder that is ours, and gives it back; a gateway that starts meanwhile waits for it. */
export const withOwnLedger = async <T>(
  { data, sites, experiments }: Config,
  ownership: Ownership,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> => {
  try {
    // What settings have changed is the gateway's to work out again; that they have, is kept: rows are followed by these.
    const ledger = openProjectedLedger({ ...data, sites, experiments }, systemClock, "in steps");
    try {
      return await work(ledger);
    } finally {
      ledger.close();
    }
  } finally {
    ownership.release();
  }
};
