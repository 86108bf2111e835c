/** The manifest in SQLite: which sealed files there are, and how far they reach. Writing runs inside a transaction. */
import type { Db } from "../database.ts";
import type { Erasure, SealState, Segment } from "./segment.ts";

export interface Manifest {
  readonly state: SealState;
  readonly segments: readonly Segment[];
  /** not carried out in the files yet: their events must not be shown */
  readonly erasures: readonly Erasure[];
}

/** All of it as of one moment. */
export const readManifest = (db: Db): Manifest =>
  db.transaction(() => ({
    state: readState(db),
    segments: (db.prepare("SELECT * FROM segments ORDER BY path").all() as SegmentRow[]).map(toSegment),
    erasures: readErasures(db),
  }))();

/** The highest sequence that the journal ever gave. */
export const lastSeqSql =
  "SELECT max(ifnull((SELECT max(seq) FROM journal), 0), ifnull((SELECT max(seq) FROM offsets), 0), (SELECT watermark FROM sealing))";

export const readState = (db: Db): SealState =>
  db
    .prepare(
      "SELECT watermark, dropped, dropped_until AS droppedUntil, removed, miscounted FROM sealing", // one row, of this very shape
    )
    .get() as SealState;

export const readErasures = (db: Db): readonly Erasure[] =>
  db
    .prepare('SELECT no, site, "column", value, up_to_seq AS upToSeq FROM erasures ORDER BY no')
    .all() as Erasure[];

export const putSegment = (db: Db, s: Segment): void => {
  db.prepare(`
    INSERT INTO segments (path, site, date, rows, bytes, min_seq, max_seq, seq_sum, min_at, max_at, footer, hash, columns)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET rows = excluded.rows, bytes = excluded.bytes, min_seq = excluded.min_seq,
      max_seq = excluded.max_seq, seq_sum = excluded.seq_sum, min_at = excluded.min_at, max_at = excluded.max_at,
      footer = excluded.footer, hash = excluded.hash, columns = excluded.columns`).run(
    s.path,
    s.site,
    s.date,
    s.rows,
    s.bytes,
    s.minSeq,
    s.maxSeq,
    s.seqSum,
    s.minAt,
    s.maxAt,
    s.footer,
    s.hash,
    JSON.stringify(s.columns),
  );
};

export const removeSegment = (db: Db, path: string): void => {
  db.prepare("DELETE FROM segments WHERE path = ?").run(path);
};

/** Writes the state anew from what the change says. */
export const putState = (db: Db, state: SealState): void => {
  db.prepare(
    "UPDATE sealing SET watermark = ?, dropped = ?, dropped_until = ?, removed = ?, miscounted = ?",
  ).run(state.watermark, state.dropped, state.droppedUntil, state.removed, state.miscounted);
};

export const countRows = (db: Db): number =>
  Number(db.prepare("SELECT ifnull(sum(rows), 0) FROM segments").pluck().get());

interface SegmentRow {
  readonly path: string;
  readonly site: string;
  readonly date: string;
  readonly rows: number;
  readonly bytes: number;
  readonly min_seq: number;
  readonly max_seq: number;
  readonly seq_sum: number;
  readonly min_at: number;
  readonly max_at: number;
  readonly footer: string;
  readonly hash: string | null;
  readonly columns: string;
}

const toSegment = (row: SegmentRow): Segment => ({
  path: row.path,
  site: row.site,
  date: row.date,
  rows: row.rows,
  bytes: row.bytes,
  minSeq: row.min_seq,
  maxSeq: row.max_seq,
  seqSum: row.seq_sum,
  minAt: row.min_at,
  maxAt: row.max_at,
  footer: row.footer,
  hash: row.hash,
  columns: JSON.parse(row.columns) as Segment["columns"], // our own text
});
