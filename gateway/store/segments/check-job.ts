/** In the child: reads every sealed file whole and compares what it holds with the manifest. */
import { existsSync } from "node:fs";
import { firstLine } from "../../lib/first-line.ts";
import { type Db, openDatabaseReadOnly } from "../database.ts";
import { type Duck, rowsOf, withDuck } from "./duck.ts";
import { listEventFiles } from "./folder.ts";
import { countRows, readManifest } from "./manifest.ts";
import { type Segment, segmentFile } from "./segment.ts";
import { quoteFiles } from "./sql-text.ts";
import { describeFile } from "./write-part.ts";

export interface CheckJob {
  readonly kind: "check";
  readonly dir: string;
}

export interface CheckResult {
  readonly segments: number;
  readonly events: number;
  readonly bytes: number;
  readonly watermark: number;
  /** events that are in the journal alone */
  readonly unsealed: number;
  /** what is wrong, one sentence each */
  readonly findings: readonly string[];
}

export const checkJob = async ({ dir }: CheckJob): Promise<CheckResult> => {
  const db = openDatabaseReadOnly(dir);
  try {
    const { segments, state } = readManifest(db);
    const findings = [...checkDatabase(db), ...checkFolder(dir, segments)];
    await withDuck(async (duck) => {
      for (const segment of segments)
        findings.push(...(await checkSegment(duck, dir, segment, state.watermark)));
      if (findings.length === 0) findings.push(...(await checkSequences(duck, dir, db, segments, state)));
    });
    const unsealed = db.prepare("SELECT count(*) FROM journal WHERE seq > ?").pluck().get(state.watermark);
    return {
      segments: segments.length,
      events: countRows(db),
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      watermark: state.watermark,
      unsealed: Number(unsealed),
      findings,
    };
  } finally {
    db.close();
  }
};

const checkDatabase = (db: Db): readonly string[] => {
  const said = String(db.pragma("quick_check(1)", { simple: true }));
  return said === "ok"
    ? []
    : [`turnpike.db is damaged (${said.replaceAll("\n", " ")}): put a backup in its place`];
};

const checkFolder = (dir: string, segments: readonly Segment[]): readonly string[] => {
  const known = new Set(segments.map(({ path }) => path));
  return listEventFiles(dir)
    .filter((path) => !known.has(path))
    .map(
      (path) =>
        `events/${path} is not in the manifest: Turnpike does not read it, and who reads the folder does; start the gateway, which removes what a crash left`,
    );
};

const checkSegment = async (
  duck: Duck,
  dir: string,
  segment: Segment,
  watermark: number,
): Promise<readonly string[]> => {
  const file = segmentFile(dir, segment);
  const name = `events/${segment.path}`;
  if (!existsSync(file)) return [`${name} is missing: put it back from a backup`];
  try {
    const found = await describeFile(duck, file);
    if (found.maxSeq > watermark)
      return [`${name} holds events above the watermark: start the gateway, it takes them out`];
    const same =
      found.rows === segment.rows && found.seqSum === segment.seqSum && found.footer === segment.footer;
    if (!same)
      return [
        `${name} holds ${found.rows} events, the manifest says ${segment.rows}: put it back from a backup`,
      ];
    return segment.hash === null || found.hash === segment.hash
      ? []
      : [`${name} is not as it was written, though its events can be counted: put it back from a backup`];
  } catch (error) {
    return [`${name} cannot be read (${firstLine(error)}): put it back from a backup`];
  }
};

/** Every sequence up to the watermark is in exactly one segment, or counted as removed. */
const checkSequences = async (
  duck: Duck,
  dir: string,
  db: Db,
  segments: readonly Segment[],
  { watermark, removed }: { watermark: number; removed: number },
): Promise<readonly string[]> => {
  const findings: string[] = [];
  const rows = countRows(db);
  if (rows + removed !== watermark) {
    findings.push(
      `${watermark - removed} events up to the watermark are to be sealed, the segments hold ${rows}`,
    );
  }
  if (segments.length === 0) return findings;
  const files = quoteFiles(segments.map((segment) => segmentFile(dir, segment)));
  await duck.run(`CREATE TEMP TABLE sealed AS SELECT seq FROM read_parquet(${files}, union_by_name = true)`);
  const [twice] = await rowsOf(duck, "SELECT count(*) - count(DISTINCT seq) AS n FROM sealed");
  if (Number(twice?.["n"]) > 0) findings.push(`${String(twice?.["n"])} events are in more than one place`);
  return [...findings, ...(await checkKept(duck, db, watermark))];
};

/** The journal keeps the rows of the last days beside their segments. */
const checkKept = async (duck: Duck, db: Db, watermark: number): Promise<readonly string[]> => {
  await duck.run("CREATE TEMP TABLE kept (seq BIGINT)");
  const appender = await duck.createAppender("kept");
  const kept = db
    .prepare("SELECT seq FROM journal WHERE seq <= ?")
    .pluck()
    .iterate(watermark) as Iterable<number>;
  for (const seq of kept) {
    appender.appendBigInt(BigInt(seq));
    appender.endRow();
  }
  appender.closeSync();
  const [row] = await rowsOf(duck, "SELECT count(*) AS n FROM kept ANTI JOIN sealed USING (seq)");
  const n = Number(row?.["n"]);
  return n === 0 ? [] : [`${n} events of the journal up to the watermark are in no segment`];
};
