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
import { createDamageList } from "./damage.ts";
import { createWalEmptier } from "./empty-wal.ts";
import type { Erased } from "./erase-tables.ts";
import { isListed, writeManifestFile } from "./folder.ts";
import type { Job, ResultOf } from "./job.ts";
import type { EraseReport, PruneReport, SealReport, Uncounted, VisitorToErase } from "./keeper-reports.ts";
import { lastSeqSql, type Manifest, readManifest } from "./manifest.ts";
import type { ReadJob } from "./read-job.ts";
import { changedOf, type Damage, DamagedFiles, straysOf, whyDamaged, whyForeign } from "./recovery.ts";
import { isBefore, removeDays } from "./remove-days.ts";
import { runJob } from "./run-job.ts";
import { stagingFolder } from "./segment.ts";
import { clearStaging, makeStaging, publish, retire } from "./staging.ts";
import type { Plan, SegmentCall } from "./writing.ts";

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

type Sealing = Pick<SealReport, "events" | "files">;

interface Rewritten {
  readonly files: number;
  /** rows of the journal that went, or name them no longer */
  readonly rows: number;
}

export interface Keeper {
  /**
   * Brings folder and manifest together after a crash, and ends what it cut short. To be called first. Rejects with
   * `DamagedFiles` where that was done and files are damaged, beside which all goes on.
   */
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
  const { dir, clock, write, onStep = () => {} } = options;
  const stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  const wal = createWalEmptier(write, options.walPatienceMs);

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

  /** Files that no crash explains: what lies in them may be all that is left of it. */
  const findDamage = async (paths: readonly string[]): Promise<readonly Damage[]> => {
    if (paths.length === 0) return [];
    const lastSeq = readAll((db) => Number(db.prepare(lastSeqSql).pluck().get()));
    const now = manifest();
    const { watermark } = now.state;
    const looked = await runJob({ kind: "look", dir, paths, watermark }, stopping.signal);
    foreign = whyForeign(looked, lastSeq);
    if (foreign !== null) throw foreign;
    return looked.flatMap((found) => {
      const why = whyDamaged([found], now)?.message;
      return why ? [{ path: found.path, why }] : [];
    });
  };

  const damage = createDamageList(dir, () => manifest().segments);

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
      async ({ staged, rows, erased, properties, damaged: found }) => {
        damage.note(found);
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

  /** What the journal still has of a damaged file is all that can be read of it. */
  const dropOld = async (): Promise<void> => {
    const before = clock() - options.journalDays * dayMs;
    const { dropped: gone } = manifest().state;
    const upTo = Math.min(
      ...damage.still().flatMap(({ segment: { minSeq, maxSeq } }) => (maxSeq > gone ? [minSeq - 1] : [])),
      Number.MAX_SAFE_INTEGER,
    );
    let all = 0;
    for (let dropped = dropSlice; dropped === dropSlice; all += dropped) {
      dropped = Number(await write({ kind: "drop", before, upTo, limit: dropSlice }));
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
    const found = await findDamage(changed);
    damage.note(found);
    if (found.length > 0) throw new DamagedFiles(found);
    return rewrite(changed);
  };

  const remover = { dir, write, manifest, onStep };
  const prune = async (before: string, site: string | null): Promise<PruneReport> => {
    if (foreign !== null) throw foreign;
    // What is sealed goes first: on a full disk that is the room in which the rest is sealed.
    const first = await removeDays(remover, before, site);
    const failure = await failureOf(sealAll);
    stopping.signal.throwIfAborted();
    if (failure !== null && first.files === 0) throw failure;
    const late = manifest().segments.some(isBefore(before, site))
      ? await removeDays(remover, before, site)
      : { events: 0, files: 0 };
    return {
      events: first.events + late.events,
      files: first.files + late.files,
      ...(failure && { unsealed: failure.message }),
      ...(await recount()),
    };
  };

  /** The numbers of the live page, after events were taken out. Where this is broken off, the next sealing counts. */
  const recount = async (): Promise<Uncounted> => {
    try {
      const counted = await runJob({ kind: "count", dir }, stopping.signal);
      await write({ kind: "recount", ...counted });
      return {};
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return { uncounted: `${tooLarge}: they could not be counted anew (${reason})` };
    }
  };

  return {
    recover: () =>
      inTurn(async () => {
        rmSync(stagingFolder(dir), { recursive: true, force: true });
        const { segments, erasures } = manifest();
        const strays = straysOf(dir, segments);
        const changed = changedOf(dir, segments);
        const found = await findDamage([...strays, ...changed]);
        damage.note(found);
        for (const path of strays) retire(dir, path);
        if (found.length > 0 && erasures.length > 0) throw new DamagedFiles(found); // sealing tries again to erase
        const cutShort = changed.filter((path) => !found.some((one) => one.path === path));
        if (cutShort.length > 0 || erasures.length > 0) await rewrite(cutShort);
        if (erasures.length > 0) await wal.empty();
        const now = manifest();
        if (!isListed(dir, now)) writeManifestFile(dir, now);
        if (found.length > 0) throw new DamagedFiles(found);
      }),
    seal: () =>
      inTurn(async () => {
        // Made-up visitors were removed, or an erasure was cut short; what comes does not wait for it.
        const failure = manifest().erasures.length > 0 ? await failureOf(takeOut) : null;
        const sealed = await sealAll();
        if (failure !== null) throw failure;
        if (wal.holdsErased()) await wal.empty();
        const why = damage.still().map((one) => one.why);
        const report = why.length > 0 ? { ...sealed, damaged: why } : sealed;
        return manifest().state.miscounted === 1 ? { ...report, ...(await recount()) } : report;
      }),
    async erase(who) {
      // Not in turn: whatever runs, nobody may see the visitor from now on.
      const erased = (await write({ kind: "erase", ...who, at: clock() })) as Erased;
      onStep("marked");
      return inTurn(async () => {
        const { files, rows } = await takeOut();
        await wal.empty();
        const found = erased.visitors + erased.sessions + files + rows > 0;
        return { ...erased, files, found, ...(await recount()) };
      });
    },
    prune: (before, site) => inTurn(() => prune(before, site)),
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

const failureOf = async (work: () => Promise<unknown>): Promise<Error | null> => {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const slicesOf = (seqs: readonly number[]): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(seqs.length / dropSlice) }, (_, i) =>
    seqs.slice(i * dropSlice, (i + 1) * dropSlice),
  );

const tooLarge = "the numbers on top of the live page are too large until the next sealing";
