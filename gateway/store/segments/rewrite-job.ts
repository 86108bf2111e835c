/** In the child: writes files anew without the rows that are erased, or that a seal cut short by a crash left in them. */
import { join } from "node:path";
import { type Db, openDatabaseReadOnly } from "../database.ts";
import { eventOf } from "../stored-event.ts";
import { type Duck, openDuck, rowsOf } from "./duck.ts";
import { erasedRows, isErased } from "./erasures.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { type Erasure, type Segment, type Staged, segmentFile } from "./segment.ts";
import { quote } from "./sql-text.ts";
import { writeCopy } from "./write-part.ts";

export interface RewriteJob {
  readonly kind: "rewrite";
  readonly dir: string;
  readonly staging: string;
  /** files to write anew beside those that hold erased rows, by path */
  readonly paths: readonly string[];
}

export interface RewriteResult {
  readonly staged: readonly Staged[];
  /** paths of files that have no row left */
  readonly emptied: readonly string[];
  /** the erasures that were taken out */
  readonly erasures: readonly number[];
  /** rows of the journal that are erased */
  readonly journalSeqs: readonly number[];
}

export const rewriteJob = async (job: RewriteJob): Promise<RewriteResult> => {
  const db = openDatabaseReadOnly(job.dir);
  const manifest = readManifest(db);
  const journalSeqs = erasedInJournal(db, manifest.erasures);
  db.close();
  const duck = await openDuck(join(job.staging, "spill"));
  const staged: Staged[] = [];
  const emptied: string[] = [];
  const keep = `seq <= ${manifest.state.watermark} AND NOT (${erasedRows(manifest.erasures)})`;
  for (const segment of manifest.segments) {
    const from = segmentFile(job.dir, segment);
    const due = job.paths.includes(segment.path) || (await holdsErased(duck, from, segment, manifest));
    if (!due) continue;
    const done = await writeCopy(
      duck,
      from,
      keep,
      placeOf(segment),
      join(job.staging, `${staged.length}.parquet`),
    );
    if (done) staged.push(done);
    else emptied.push(segment.path);
  }
  return { staged, emptied, erasures: manifest.erasures.map(({ no }) => no), journalSeqs };
};

/** Most rows went with their person; these are of no person: served documents, for one. */
const erasedInJournal = (db: Db, erasures: readonly Erasure[]): readonly number[] => {
  // A look at the text first: to decode every row would take minutes.
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq <= ? AND instr(body, ?) > 0");
  const found = new Set<number>();
  for (const erasure of erasures) {
    const rows = read.iterate(erasure.upToSeq, erasure.value) as Iterable<{ seq: number; body: string }>;
    for (const { seq, body } of rows) if (isErased([erasure], seq, eventOf(body))) found.add(seq);
  }
  return [...found];
};

const placeOf = ({ path, site, date, columns }: Segment) => ({ path, site, date, columns });

const holdsErased = async (
  duck: Duck,
  file: string,
  segment: Segment,
  { erasures }: Manifest,
): Promise<boolean> => {
  const due = erasures.filter(({ site, upToSeq }) => site === segment.site && segment.minSeq <= upToSeq);
  if (due.length === 0) return false;
  const found = await rowsOf(
    duck,
    `SELECT 1 FROM read_parquet(${quote(file)}) WHERE ${erasedRows(due)} LIMIT 1`,
  );
  return found.length > 0;
};
