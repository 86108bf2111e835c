import type { Config } from "../config/schema.ts";
import { systemClock } from "../lib/clock.ts";
import { openProjectedLedger } from "../projected-ledger.ts";
import type { Ledger } from "../store/ledger.ts";
import { holdOwnership } from "../store/owner.ts";

/** Does the work in a data folder that no gateway owns; one that starts meanwhile must not write beside us. */
export const withOwnLedger = async <T>(
  { data, sites, experiments }: Config,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> => {
  const ownership = holdOwnership(data.dir);
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
