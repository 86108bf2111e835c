/** In the child: writes files anew without the rows that are erased, or that a seal cut short by a crash left in them. */
import { join } from "node:path";
import { type Db, openDatabaseReadOnly } from "../database.ts";
import { eventOf } from "../stored-event.ts";
import { type Duck, openDuck, rowsOf } from "./duck.ts";
import { erasedRows, namingRows, showEvent, withoutNames } from "./erasures.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { refuseSpoilt } from "./recovery.ts";
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
  /** rows of the journal that name somebody who is */
  readonly namingSeqs: readonly number[];
}

export const rewriteJob = async (job: RewriteJob): Promise<RewriteResult> => {
  const db = openDatabaseReadOnly(job.dir);
  const manifest = readManifest(db);
  const journal = concernedInJournal(db, manifest.erasures);
  db.close();
  const duck = await openDuck(join(job.staging, "spill"));
  const staged: Staged[] = [];
  const emptied: string[] = [];
  const where = `seq <= ${manifest.state.watermark} AND NOT (${erasedRows(manifest.erasures)})`;
  for (const segment of manifest.segments) {
    const from = segmentFile(job.dir, segment);
    const due = job.paths.includes(segment.path) || (await holdsErased(duck, job.dir, segment, manifest));
    if (!due) continue;
    refuseSpoilt(job.dir, segment);
    const done = await writeCopy(
      duck,
      { from, columns: withoutNames(manifest.erasures), where },
      placeOf(segment),
      join(job.staging, `${staged.length}.parquet`),
    );
    if (done) staged.push(done);
    else emptied.push(segment.path);
  }
  return { staged, emptied, erasures: manifest.erasures.map(({ no }) => no), ...journal };
};

/** Most rows went with their person; these are of no person, served documents for one, or of others who name him. */
const concernedInJournal = (
  db: Db,
  erasures: readonly Erasure[],
): Pick<RewriteResult, "journalSeqs" | "namingSeqs"> => {
  // A look at the text first: to decode every row would take minutes.
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq <= ? AND instr(body, ?) > 0");
  const erased = new Set<number>();
  const naming = new Set<number>();
  // Mostly a value is erased and hidden: the journal is gone through once for both.
  for (const [value, ofValue] of Map.groupBy(erasures, (erasure) => erasure.value)) {
    const upTo = Math.max(...ofValue.map(({ upToSeq }) => upToSeq));
    for (const { seq, body } of read.iterate(upTo, textWithin(value)) as Iterable<JournalRow>) {
      const event = eventOf(body);
      const shown = showEvent(ofValue, seq, event);
      if (shown === null) erased.add(seq);
      else if (shown !== event) naming.add(seq);
    }
  }
  return { journalSeqs: [...erased], namingSeqs: [...naming].filter((seq) => !erased.has(seq)) };
};

interface JournalRow {
  readonly seq: number;
  readonly body: string;
}

/** As it stands in a line of JSON. */
const textWithin = (value: string): string => JSON.stringify(value).slice(1, -1);

const placeOf = ({ path, site, date, columns }: Segment) => ({ path, site, date, columns });

const holdsErased = async (
  duck: Duck,
  dir: string,
  segment: Segment,
  { erasures }: Manifest,
): Promise<boolean> => {
  const file = segmentFile(dir, segment);
  const due = erasures.filter(({ site, upToSeq }) => site === segment.site && segment.minSeq <= upToSeq);
  if (due.length === 0) return false;
  const query = `SELECT 1 FROM read_parquet(${quote(file)}) WHERE ${erasedRows(due)} OR ${namingRows(due)} LIMIT 1`;
  try {
    return (await rowsOf(duck, query)).length > 0;
  } catch (error) {
    refuseSpoilt(dir, segment); // which names the file, as DuckDB does not
    throw error;
  }
};
