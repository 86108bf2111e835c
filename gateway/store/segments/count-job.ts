/** In the child: counts what is stored, in sealed files and in the journal above them, as the live page counts it. */
import { type Db, openDatabaseReadOnly } from "../database.ts";
import { rowsOf, withDuck } from "./duck.ts";
import { erasedRows } from "./erasures.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { type CountResult, countJournal, type SiteCount } from "./recount.ts";
import { segmentFile } from "./segment.ts";
import { quoteFiles } from "./sql-text.ts";

export interface CountJob {
  readonly kind: "count";
  readonly dir: string;
}

export const countJob = async ({ dir }: CountJob): Promise<CountResult> => {
  const db = openDatabaseReadOnly(dir);
  const { manifest, ...journal } = readMoment(db);
  db.close();
  const sealed = await countSealed(dir, manifest);
  return {
    watermark: manifest.state.watermark,
    upTo: journal.upTo,
    counts: [...sealed, ...journal.counts],
  };
};

const readMoment = (db: Db) =>
  db.transaction(() => {
    const manifest = readManifest(db);
    return { manifest, ...countJournal(db, manifest.state.watermark) };
  })();

const countSealed = async (
  dir: string,
  { segments, state, erasures }: Manifest,
): Promise<readonly SiteCount[]> => {
  if (segments.length === 0) return [];
  const files = quoteFiles(segments.map((segment) => segmentFile(dir, segment)));
  const rows = await withDuck((duck) =>
    rowsOf(
      duck,
      `SELECT property_id AS site, ${counterOfRow} AS counter, count(*) AS n
       FROM read_parquet(${files}, union_by_name = true)
       WHERE seq <= ${state.watermark} AND NOT (${erasedRows(erasures)})
       GROUP BY ALL HAVING counter IS NOT NULL`,
    ),
  );
  return rows.map(({ site, counter, n }) => ({
    site: String(site),
    counter: String(counter),
    n: Number(n),
  }));
};

/** What `mainCounterOf` says of an event. */
const counterOfRow = `CASE WHEN ifnull(bot, '') <> '' THEN 'bots' WHEN type <> 'log' THEN 'events'
  WHEN tracking_protocol <> 'gateway' THEN NULL WHEN name = 'document' THEN 'documents' ELSE 'requests' END`;
