/**
 * Keeps the sealed files of a data folder, for the process that owns it: one piece of work at a time. DuckDB's part
 * runs in a child process; what it wrote is renamed into its place here, and then becomes true by one transaction of
 * the writer. Whatever instant a crash takes, `recover` brings folder and manifest together again.
 */
import { rmSync } from "node:fs";
import type { Clock } from "../../lib/clock.ts";
import { type Db, openDatabaseReadOnly } from "../database.ts";
import { type BackupResult, emptyBackup, prepareBackup } from "./backup.ts";
import type { CheckResult } from "./check-job.ts";
import type { Erased } from "./erase-tables.ts";
import { isListed, writeManifestFile } from "./folder.ts";
import type { Job, ResultOf } from "./job.ts";
import { lastSeqSql, type Manifest, readManifest } from "./manifest.ts";
import type { ReadJob } from "./read-job.ts";
import { changedOf, straysOf, whyDamaged, whyForeign } from "./recovery.ts";
import { runJob } from "./run-job.ts";
import { stagingFolder } from "./segment.ts";
import { clearStaging, makeStaging, publish, retire } from "./staging.ts";
import type { Plan, Pruned, SegmentCall } from "./writing.ts";

export interface KeeperOptions {
  readonly dir: string;
  readonly clock: Clock;
  /** asks the writer; answers what `performSegmentCall` does */
  readonly write: (call: SegmentCall) => Promise<unknown>;
  /** how long journal rows stay once sealed */
  readonly journalDays: number;
  /** properties that always become columns, by site */
  readonly pinned: Readonly<Record<string, readonly string[]>>;
  /** how long a reader of the WAL is waited for after an erasure */
  readonly walPatienceMs?: number;
  /** called between two steps; for tests that end the process there */
  readonly onStep?: (step: string) => void;
}

interface Counted {
  /** what follows where the numbers of the live page could not be counted after it; all else is done */
  readonly uncounted?: string;
}

export interface SealReport extends Counted {
  readonly events: number;
  /** files that were written */
  readonly files: number;
}

export interface PruneReport extends Counted {
  readonly events: number;
  readonly files: number;
}

export interface EraseReport extends Erased, Counted {
  /** sealed files that were written anew, or removed */
  readonly files: number;
  /** something was stored of them */
  readonly found: boolean;
}

type Sealing = Omit<SealReport, keyof Counted>;

interface Rewritten {
  readonly files: number;
  /** rows of the journal that went, or name them no longer */
  readonly rows: number;
}

export interface VisitorToErase {
  readonly column: "client_id" | "user_id";
  readonly value: string;
  readonly site: string | null;
}

export interface Keeper {
  /** Brings folder and manifest together after a crash, and ends what it cut short. To be called first. */
  recover(): Promise<void>;
  /** Seals what the projections have followed, then lets old journal rows go. */
  seal(): Promise<SealReport>;
  /** Resolves when no byte of the visitor is left; from its first step on no read shows one. */
  erase(who: VisitorToErase): Promise<EraseReport>;
  /** Removes all events before this day (YYYY-MM-DD, UTC). */
  prune(before: string, site: string | null): Promise<PruneReport>;
  /** Copies the data folder as of one moment into a new one. */
  backup(to: string): Promise<BackupResult>;
  verify(): Promise<CheckResult>;
  /** How much there is to seal. */
  plan(): Promise<Plan>;
  /** Ends the work that runs, where it stands. */
  close(): Promise<void>;
}

/** So many rows are sealed at a time: what one child holds in memory. */
const batchRows = 100_000;
/** So many rows of the journal leave or change at a time: events that come meanwhile wait some milliseconds. */
const dropSlice = 500;
const dayMs = 86_400_000;

export const createKeeper = (options: KeeperOptions): Keeper => {
  const { dir, clock, write, onStep = () => {}, walPatienceMs = 60_000 } = options;
  const stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  /** the WAL may hold what was erased */
  let walHolds = false;

  /** One thing after the other: each finds the files as the manifest says. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(() => {
      stopping.signal.throwIfAborted();
      return work();
    });
    last = done.catch(() => {}); // whoever asked is told
    return done;
  };

  const readAll = <T>(read: (db: Db) => T): T => {
    const db = openDatabaseReadOnly(dir);
    try {
      return read(db);
    } finally {
      db.close();
    }
  };
  const manifest = (): Manifest => readAll(readManifest);

  /** Why nothing may be changed here, until another start: the files are another database's. */
  let foreign: Error | null = null;

  /** What lies in files that are not as the manifest says may be all that is left of it. */
  const refuseStrange = async (paths: readonly string[]): Promise<void> => {
    if (paths.length === 0) return;
    const lastSeq = readAll((db) => Number(db.prepare(lastSeqSql).pluck().get()));
    const now = manifest();
    const { watermark } = now.state;
    const looked = await runJob({ kind: "look", dir, paths, watermark }, stopping.signal);
    foreign = whyForeign(looked, lastSeq);
    const why = foreign ?? whyDamaged(looked, now);
    if (why !== null) throw why;
  };

  const inStaging = async <J extends Exclude<Job, ReadJob>, T>(
    jobFor: (staging: string) => J,
    then: (result: ResultOf<J>) => Promise<T>,
  ): Promise<T> => {
    if (foreign !== null) throw foreign;
    const staging = makeStaging(dir);
    try {
      onStep("started");
      return await then(await runJob(jobFor(staging), stopping.signal));
    } finally {
      clearStaging(staging);
    }
  };

  const plan = async (limit = batchRows): Promise<Plan> => (await write({ kind: "plan", limit })) as Plan;

  const sealBatch = ({ watermark, upTo }: Plan): Promise<Sealing> =>
    inStaging(
      (staging) => ({ kind: "seal" as const, dir, staging, after: watermark, upTo, pinned: options.pinned }),
      async ({ staged, rows, erased, properties }) => {
        onStep("written");
        publish(dir, staged);
        onStep("published");
        const segments = staged.map(({ segment }) => segment);
        await write({ kind: "sealed", after: watermark, upTo, rows, erased, segments, properties });
        onStep("committed");
        writeManifestFile(dir, manifest());
        return { events: rows, files: staged.length };
      },
    );

  /** What there is when it begins: on a busy site there is more after each batch, and others wait for their turn. */
  const sealAll = async (): Promise<Sealing> => {
    let report: Sealing = { events: 0, files: 0 };
    const { upTo: end } = await plan(Number.MAX_SAFE_INTEGER);
    for (let next = await plan(); next.watermark < end; next = await plan()) {
      const { events, files } = await sealBatch(next);
      report = { events: report.events + events, files: report.files + files };
    }
    await dropOld();
    return report;
  };

  const dropOld = async (): Promise<void> => {
    const before = clock() - options.journalDays * dayMs;
    let all = 0;
    for (let dropped = dropSlice; dropped === dropSlice; all += dropped) {
      dropped = Number(await write({ kind: "drop", before, limit: dropSlice }));
    }
    if (all > 0) await write({ kind: "compact" });
  };

  /** Takes out of the files what is erased, and what a cut-short seal left in those at `paths`. */
  const rewrite = (paths: readonly string[]): Promise<Rewritten> =>
    inStaging(
      (staging) => ({ kind: "rewrite" as const, dir, staging, paths }),
      async ({ staged, emptied, erasures, journalSeqs, namingSeqs }) => {
        onStep("written");
        publish(dir, staged);
        for (const path of emptied) retire(dir, path);
        onStep("published");
        for (const seqs of slicesOf(journalSeqs)) await write({ kind: "erase-rows", seqs });
        for (const seqs of slicesOf(namingSeqs)) await write({ kind: "hide-names", seqs });
        onStep("journal");
        const segments = staged.map(({ segment }) => segment);
        await write({ kind: "rewritten", segments, emptied, erasures });
        onStep("committed");
        writeManifestFile(dir, manifest());
        return { files: staged.length + emptied.length, rows: journalSeqs.length + namingSeqs.length };
      },
    );

  /** Takes out of the files what is erased; of those, too, that were changed for it before and never became true. */
  const takeOut = async (): Promise<Rewritten> => {
    const { segments, erasures } = manifest();
    const sites = new Set(erasures.map(({ site }) => site)); // a trouble of other sites' files is not theirs
    const changed = changedOf(
      dir,
      segments.filter(({ site }) => sites.has(site)),
    );
    await refuseStrange(changed);
    return rewrite(changed);
  };

  /** The numbers of the live page, after events were taken out. Where this is broken off, the next sealing counts. */
  const recount = async (): Promise<Counted> => {
    try {
      const counted = await runJob({ kind: "count", dir }, stopping.signal);
      await write({ kind: "recount", ...counted });
      return {};
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return { uncounted: `${tooLarge}: they could not be counted anew (${reason})` };
    }
  };

  /** The WAL still holds what was deleted; a reader may hold it for a while. */
  const emptyWal = async (): Promise<void> => {
    walHolds = true;
    const until = Date.now() + walPatienceMs;
    while (!(await write({ kind: "truncate-wal" }))) {
      if (Date.now() > until) {
        throw new Error(
          "store: erased, but a reader keeps the database's WAL from being emptied: end it and seal again",
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    walHolds = false;
  };

  return {
    recover: () =>
      inTurn(async () => {
        rmSync(stagingFolder(dir), { recursive: true, force: true });
        const { segments, erasures } = manifest();
        const strays = straysOf(dir, segments);
        const changed = changedOf(dir, segments);
        await refuseStrange([...strays, ...changed]);
        for (const path of strays) retire(dir, path);
        if (changed.length > 0 || erasures.length > 0) await rewrite(changed);
        if (erasures.length > 0) await emptyWal();
        const now = manifest();
        if (!isListed(dir, now)) writeManifestFile(dir, now);
      }),
    seal: () =>
      inTurn(async () => {
        if (manifest().erasures.length > 0) await takeOut(); // made-up visitors were removed
        const report = await sealAll();
        if (walHolds) await emptyWal();
        return manifest().state.miscounted === 1 ? { ...report, ...(await recount()) } : report;
      }),
    async erase(who) {
      // Not in turn: whatever runs, nobody may see the visitor from now on.
      const erased = (await write({ kind: "erase", ...who, at: clock() })) as Erased;
      onStep("marked");
      return inTurn(async () => {
        const { files, rows } = await takeOut();
        await emptyWal();
        const found = erased.visitors + erased.sessions + files + rows > 0;
        return { ...erased, files, found, ...(await recount()) };
      });
    },
    prune: (before, site) =>
      inTurn(async () => {
        if (foreign !== null) throw foreign;
        await sealAll();
        const { paths, events } = (await write({ kind: "prune", before, site })) as Pruned;
        onStep("committed");
        for (const path of paths) retire(dir, path);
        writeManifestFile(dir, manifest());
        return { events, files: paths.length, ...(await recount()) };
      }),
    backup: (to) =>
      inTurn(async () => {
        prepareBackup(to);
        try {
          return await runJob({ kind: "backup", dir, to }, stopping.signal);
        } catch (cause) {
          emptyBackup(to);
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new Error(`backup: ${to} could not be filled, and is empty again (${reason})`, { cause });
        }
      }),
    verify: () => inTurn(() => runJob({ kind: "check", dir }, stopping.signal)),
    plan,
    async close() {
      stopping.abort(new Error("store: Turnpike is stopping or restarting: try again in a moment"));
      await last;
    },
  };
};

const slicesOf = (seqs: readonly number[]): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(seqs.length / dropSlice) }, (_, i) =>
    seqs.slice(i * dropSlice, (i + 1) * dropSlice),
  );

const tooLarge = "the numbers on top of the live page are too large until the next sealing";
