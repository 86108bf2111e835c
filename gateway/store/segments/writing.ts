/**
 * What sealing changes in SQLite: each call is one transaction on the writer's thread, and what the files then hold
 * and what the manifest says of them change together.
 */
import type { Event } from "../../model/event.ts";
import type { Db } from "../database.ts";
import { bodyOf, eventOf } from "../stored-event.ts";
import { type Erased, type EraseRequest, eraseFromTables, erasePersonOf } from "./erase-tables.ts";
import { showEvent } from "./erasures.ts";
import { putSegment, putState, readErasures, readState, removeSegment } from "./manifest.ts";
import type { PropertyColumn } from "./property-columns.ts";
import { putPropertyColumns } from "./property-table.ts";
import { type CountResult, deleteSessions, setEventCounts } from "./recount.ts";
import type { Segment } from "./segment.ts";

export type SegmentCall =
  /** what there is to seal */
  | { readonly kind: "plan"; readonly limit: number }
  | ({ readonly kind: "sealed" } & Sealed)
  | {
      readonly kind: "rewritten";
      readonly segments: readonly Segment[];
      readonly emptied: readonly string[];
      readonly erasures: readonly number[];
    }
  /** deletes journal rows that are sealed, were received before this and are not above `upTo`, at most `limit` */
  | ({ readonly kind: "drop" } & Drop)
  | ({ readonly kind: "erase" } & EraseRequest)
  /** deletes journal rows by their sequences */
  | { readonly kind: "erase-rows"; readonly seqs: readonly number[] }
  /** writes journal rows anew without the names of those who are being erased */
  | { readonly kind: "hide-names"; readonly seqs: readonly number[] }
  /** takes days before this one out of the manifest; answers null, and has changed nothing, where the disk is full */
  | { readonly kind: "prune"; readonly before: string; readonly site: string | null }
  /** sets the numbers of events to what was counted */
  | ({ readonly kind: "recount" } & CountResult)
  /** gives the disk back what deleted rows took, where that is most of a database that is quickly copied */
  | { readonly kind: "compact" }
  /** folds the WAL into the database and empties it */
  | { readonly kind: "truncate-wal" };

export interface Plan {
  readonly watermark: number;
  readonly upTo: number;
  /** when the oldest row that is not sealed was received, ms; null where all are sealed */
  readonly oldest: number | null;
}

export interface Sealed {
  readonly after: number;
  readonly upTo: number;
  readonly rows: number;
  readonly erased: readonly number[];
  readonly segments: readonly Segment[];
  readonly properties: Readonly<Record<string, readonly PropertyColumn[]>>;
}

interface Drop {
  readonly before: number;
  readonly upTo: number;
  readonly limit: number;
}

export interface Pruned {
  readonly paths: readonly string[];
  readonly events: number;
}

export interface SegmentWriterParts {
  readonly db: Db;
  readonly personOf: (event: Event) => number | null;
  /** whose offsets say how far the journal was followed */
  readonly projections: readonly string[];
}

/** Carries a call out; what it answers depends on its kind. Throws when nothing was changed. */
export const performSegmentCall = (parts: SegmentWriterParts, call: SegmentCall): unknown => {
  const { db } = parts;
  switch (call.kind) {
    case "plan":
      return plan(parts, call.limit);
    case "sealed":
      return db.transaction(() => commitSeal(parts, call)).immediate();
    case "rewritten":
      return db.transaction(() => commitRewrite(db, call)).immediate();
    case "drop":
      return db.transaction(() => dropRows(parts, call)).immediate();
    case "erase":
      return db.transaction((): Erased => eraseFromTables(db, call)).immediate();
    case "erase-rows":
      return db.transaction(() => eraseRows(parts, call.seqs)).immediate();
    case "hide-names":
      return db.transaction(() => hideNames(db, call.seqs)).immediate();
    case "prune":
      return db.transaction(() => pruneDays(parts, call.before, call.site)).immediate();
    case "recount":
      return db.transaction(() => setEventCounts(db, call)).immediate();
    case "compact":
      return compact(db);
    case "truncate-wal":
      return truncateWal(db);
  }
};

/** Rows that a projection has yet to follow stay: it reads them from the journal. */
const plan = ({ db, projections }: SegmentWriterParts, limit: number): Plan => {
  const { watermark } = readState(db);
  const offset = db.prepare("SELECT seq FROM offsets WHERE projection = ?").pluck();
  const followed = Math.min(...projections.map((id) => Number(offset.get(id) ?? 0)));
  const oldest = db
    .prepare("SELECT received_at FROM journal WHERE seq > ? ORDER BY seq LIMIT 1")
    .pluck()
    .get(watermark);
  return {
    watermark,
    upTo: Math.min(Math.max(followed, watermark), watermark + limit),
    oldest: oldest === undefined ? null : Number(oldest),
  };
};

const commitSeal = (
  parts: SegmentWriterParts,
  { after, upTo, rows, erased, segments, properties }: Sealed,
): void => {
  const { db } = parts;
  const state = readState(db);
  if (state.watermark !== after) throw new Error("store: the watermark has moved since this was sealed");
  for (const segment of segments) putSegment(db, segment);
  for (const [site, columns] of Object.entries(properties)) putPropertyColumns(db, site, columns);
  forgetErased(parts, erased);
  putState(db, { ...state, watermark: upTo, removed: state.removed + (upTo - after) - rows });
};

type Rewritten = Extract<SegmentCall, { kind: "rewritten" }>;

const commitRewrite = (db: Db, { segments, emptied, erasures }: Rewritten): void => {
  const before = rowsOf(db, [...segments.map(({ path }) => path), ...emptied]);
  for (const segment of segments) putSegment(db, segment);
  for (const path of emptied) removeSegment(db, path);
  const after = segments.reduce((sum, { rows }) => sum + rows, 0);
  const state = readState(db);
  putState(db, { ...state, removed: state.removed + before - after });
  for (const no of erasures) db.prepare("DELETE FROM erasures WHERE no = ?").run(no);
};

const rowsOf = (db: Db, paths: readonly string[]): number =>
  Number(
    db
      .prepare("SELECT ifnull(sum(rows), 0) FROM segments WHERE path IN (SELECT value FROM json_each(?))")
      .pluck()
      .get(JSON.stringify(paths)),
  );

/** Deletes from the oldest row on, so that up to one sequence none is left; answers how many. */
const dropRows = (parts: SegmentWriterParts, { before, upTo, limit }: Drop): number => {
  const { db } = parts;
  const state = readState(db);
  const rows = db
    .prepare("SELECT seq, received_at, body FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?")
    .all(Math.min(state.watermark, upTo), limit) as Row[];
  const end = rows.findIndex((row) => row.received_at >= before);
  const due = end === -1 ? rows : rows.slice(0, end);
  if (due.length === 0) return 0;
  const forget = forgetRow(parts);
  let until = state.droppedUntil;
  for (const row of due) until = Math.max(until, forget(row));
  putState(db, { ...state, dropped: due.at(-1)?.seq ?? state.dropped, droppedUntil: until });
  return due.length;
};

interface Row {
  readonly seq: number;
  readonly received_at: number;
  readonly body: string;
}

/** Deletes a row of the journal with its place among the person's events; answers its event time. */
const forgetRow = ({ db, personOf }: SegmentWriterParts): ((row: Pick<Row, "seq" | "body">) => number) => {
  const remove = db.prepare("DELETE FROM journal WHERE seq = ?");
  // The first place of a person stays: it says since when there is something to look for in the segments.
  const removePlace = db.prepare(
    `DELETE FROM person_events WHERE person = :person AND timestamp = :at AND seq = :seq AND EXISTS (
       SELECT 1 FROM person_events e WHERE e.person = :person AND (e.timestamp, e.seq) < (:at, :seq))`,
  );
  return ({ seq, body }) => {
    const event = eventOf(body);
    const person = personOf(event);
    if (person !== null) removePlace.run({ person, at: event.timestamp_utc, seq });
    remove.run(seq);
    return event.timestamp_utc;
  };
};

/** Events of erased visitors that came late made them appear once more: that goes, too. */
const forgetErased = (parts: SegmentWriterParts, seqs: readonly number[]): void => {
  const { db, personOf } = parts;
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq = ?");
  const forget = forgetRow(parts);
  const until = new Map<number, number>();
  for (const seq of seqs) {
    const row = read.get(seq) as Row | undefined;
    const person = row ? personOf(eventOf(row.body)) : null;
    if (!row) continue;
    const at = forget(row);
    for (const table of ["payments", "agreements"]) db.prepare(`DELETE FROM ${table} WHERE seq = ?`).run(seq);
    if (person !== null) until.set(person, Math.max(at, until.get(person) ?? at));
  }
  for (const [person, at] of until) {
    // All that was earlier is erased: a session that ended by then is of such events alone.
    deleteSessions(db, (table) => `${table}.person = :person AND ${table}.ended_at <= :at`, { person, at });
    if (!isKnown(db, person)) erasePersonOf(db, person);
  }
};

const isKnown = (db: Db, person: number): boolean =>
  db
    .prepare(
      `SELECT 1 FROM sessions WHERE person = +:person
       UNION ALL SELECT 1 FROM person_events JOIN journal USING (seq) WHERE person = +:person LIMIT 1`,
    )
    .get({ person }) !== undefined;

const eraseRows = ({ db }: SegmentWriterParts, seqs: readonly number[]): void => {
  const remove = db.prepare("DELETE FROM journal WHERE seq = ?");
  for (const seq of seqs) remove.run(seq);
};

const hideNames = (db: Db, seqs: readonly number[]): void => {
  const erasures = readErasures(db);
  const read = db.prepare("SELECT body FROM journal WHERE seq = ?").pluck();
  const write = db.prepare("UPDATE journal SET body = ? WHERE seq = ?");
  for (const seq of seqs) {
    const body = read.get(seq) as string | undefined;
    const shown = body === undefined ? null : showEvent(erasures, seq, eventOf(body));
    if (shown) write.run(bodyOf(shown), seq);
  }
};

const pruneDays = (parts: SegmentWriterParts, before: string, site: string | null): Pruned => {
  const { db } = parts;
  const found = db
    .prepare("SELECT path, rows FROM segments WHERE date < ? AND (? IS NULL OR site = ?)")
    .all(before, site, site) as { path: string; rows: number }[];
  for (const { path } of found) removeSegment(db, path);
  const events = found.reduce((sum, { rows }) => sum + rows, 0);
  const state = readState(db);
  putState(db, { ...state, removed: state.removed + events, miscounted: 1 });
  const at = Date.parse(`${before}T00:00:00Z`);
  db.prepare(
    "INSERT INTO pruned (site, before) VALUES (?, ?) ON CONFLICT DO UPDATE SET before = max(before, excluded.before)",
  ).run(site ?? "", at);
  pruneJournal(parts, state.watermark, at, site);
  const isOver = (table: string) => `${table}.ended_at < :at AND (:site IS NULL OR ${table}.site = :site)`;
  deleteSessions(db, isOver, { at, site });
  return { paths: found.map(({ path }) => path), events };
};

/** The journal keeps sealed rows for some days: those of pruned days go, too. */
const pruneJournal = (
  parts: SegmentWriterParts,
  watermark: number,
  at: number,
  site: string | null,
): void => {
  const forget = forgetRow(parts);
  const due = parts.db
    .prepare("SELECT seq FROM events WHERE seq <= ? AND timestamp_utc < ? AND (? IS NULL OR property_id = ?)")
    .pluck()
    .all(watermark, at, site, site) as number[];
  const body = parts.db.prepare("SELECT body FROM journal WHERE seq = ?").pluck();
  for (const seq of due) forget({ seq, body: String(body.get(seq)) });
};

const worthBytes = 16 << 20;
const quickBytes = 32 << 20;

/** Pages that are free are used again, but never given back; the writer stands still for the copy, a moment. */
const compact = (db: Db): boolean => {
  const pragma = (name: string) => Number(db.pragma(name, { simple: true }));
  const pageBytes = pragma("page_size");
  const free = pragma("freelist_count") * pageBytes;
  const used = pragma("page_count") * pageBytes - free;
  if (free < worthBytes || free < used || used > quickBytes) return false;
  db.exec("VACUUM");
  return true;
};

/** False while a reader still needs what is in the WAL. */
const truncateWal = (db: Db): boolean => {
  const patience = Number(db.pragma("busy_timeout", { simple: true }));
  db.pragma("busy_timeout = 0"); // events must not wait for a reader: whoever asked asks again
  const [row] = db.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
  db.pragma(`busy_timeout = ${patience}`);
  return row?.busy === 0;
};
