/** What commands do with sealed files: through the gateway that owns the folder, or in its place while none runs. */
import type { Config } from "../config/schema.ts";
import { systemClock } from "../lib/clock.ts";
import { pinnedOf } from "../pinned-columns.ts";
import { takeOrFind } from "../store/owner.ts";
import type { BackupResult } from "../store/segments/backup.ts";
import type { CheckResult } from "../store/segments/check-job.ts";
import { createKeeper, type Keeper } from "../store/segments/keeper.ts";
import type {
  EraseReport,
  PruneReport,
  SealReport,
  VisitorToErase,
} from "../store/segments/keeper-reports.ts";
import { DamagedFiles } from "../store/segments/recovery.ts";
import { CommandError, type Io } from "./context.ts";
import { withOwnLedger } from "./own-ledger.ts";
import { type OwnerCall, ownerCall } from "./owner-call.ts";

export interface Keeping {
  seal(): Promise<SealReport>;
  verify(): Promise<CheckResult>;
  backup(to: string): Promise<BackupResult>;
  prune(before: string, site: string | null): Promise<PruneReport>;
  erase(who: VisitorToErase): Promise<EraseReport>;
}

/** Does the work with whoever may write in the data folder now. */
export const withKeeping = async <T>(
  config: Config,
  io: Io,
  work: (keeping: Keeping) => Promise<T>,
): Promise<T> => {
  const { dir, journalDays } = config.data;
  const found = await takeOrFind(dir, io.waitMs);
  if (found.kind === "theirs") return work(throughOwner(ownerCall(dir, found.owner, io.env)));
  return withOwnLedger(config, found.ownership, async (ledger) => {
    while (ledger.pending() > 0) ledger.follow(1000);
    const write = async (call: Parameters<typeof ledger.segments>[0]) => ledger.segments(call);
    const keeper = createKeeper({ dir, clock: systemClock, write, journalDays, pinned: pinnedOf(config) });
    // What cannot be brought in order hinders changes, and is just what a look over everything is to tell.
    const recovered = keeper.recover();
    recovered.catch(() => {});
    return work(recoveredFirst(keeper, recovered));
  });
};

const recoveredFirst = (keeper: Keeper, recovered: Promise<void>): Keeping => {
  const then =
    <A extends readonly unknown[], T>(act: (...args: A) => Promise<T>) =>
    async (...args: A) => {
      await recovered.catch((error) => {
        if (!(error instanceof DamagedFiles)) throw error; // beside those all goes on
      });
      return act(...args);
    };
  return {
    seal: then(keeper.seal),
    verify: keeper.verify,
    backup: then(keeper.backup),
    async prune(before, site) {
      await recovered.catch(() => {}); // it may lack the room that is made here; what forbids pruning, `keeper` knows
      return keeper.prune(before, site);
    },
    erase: then(keeper.erase),
  };
};

const patienceMs = 3_600_000; // a backup of a large folder takes its time

// The answers come from a gateway of this very program: their fields are as its API defines them.
const throughOwner = (call: OwnerCall): Keeping => {
  const ask = async <T>(action: string, body: object = {}): Promise<T> => {
    const answer = await call("POST", `/api/storage/${action}`, body, patienceMs);
    if (answer.status >= 200 && answer.status < 300) return answer.body as T;
    throw new CommandError(
      typeof answer.body === "string" ? answer.body.trim() : `the gateway answered ${answer.status}`,
    );
  };
  return {
    seal: () => ask("seal"),
    verify: () => ask("verify"),
    backup: (to) => ask("backup", { to }),
    prune: (before, site) => ask("prune", { before, site }),
    erase: (who) => ask("erase", who),
  };
};
