/** In the child: writes journal rows into files of their site and day, together with the day's last file if it is small. */
import { join } from "node:path";
import type { Event } from "../../model/event.ts";
import { type Db, openDatabaseReadOnly } from "../database.ts";
import { readSecret } from "../secret.ts";
import { eventOf } from "../stored-event.ts";
import { type Duck, linesOfFiles, openDuck } from "./duck.ts";
import { createTombstones } from "./erasures.ts";
import { lookAt } from "./look-job.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import {
  chooseColumns,
  createPropertyCount,
  type PropertyColumn,
  type PropertyCount,
} from "./property-columns.ts";
import { readPropertyColumns } from "./property-table.ts";
import { type Damage, whyClosed } from "./recovery.ts";
import { type Columns, lineOf } from "./rows.ts";
import { dayOf, partNumber, partPath, type Segment, type Staged, segmentFile } from "./segment.ts";
import { uniteColumns, writeLines } from "./write-part.ts";

export interface SealJob {
  readonly kind: "seal";
  readonly dir: string;
  readonly staging: string;
  /** journal rows above `after`, up to `upTo` */
  readonly after: number;
  readonly upTo: number;
  /** properties that always become columns */
  readonly pinned: Readonly<Record<string, readonly string[]>>;
}

export interface SealResult {
  readonly staged: readonly Staged[];
  readonly rows: number;
  /** sequences of events that visitors sent who were erased before */
  readonly erased: readonly number[];
  readonly properties: Readonly<Record<string, readonly PropertyColumn[]>>;
  /** files that could not be added to: others were begun */
  readonly damaged: readonly Damage[];
}

/** A day's file grows up to so many rows, then another is begun: whatever comes late costs at most this much work. */
export const maxPartRows = 250_000;

export const sealJob = async (job: SealJob): Promise<SealResult> => {
  const db = openDatabaseReadOnly(job.dir);
  try {
    const manifest = readManifest(db);
    const { isBuried } = createTombstones(db, () => readSecret(job.dir));
    const erased = new Set<number>();
    const rows = (): Iterable<Row> => journalRows(db, job, isBuried, erased);
    const { days, properties } = survey(db, rows(), job.pinned);
    const columnsOf = (site: string): Columns => chosenOf(properties[site] ?? []);
    const duck = await openDuck(join(job.staging, "spill"));
    const parts: Part[] = [];
    const damaged: Damage[] = [];
    for (const day of days.values()) {
      const chosen = columnsOf(day.site);
      const part = placePart(day, manifest, chosen);
      const why = part.old && whyClosed(job.dir, part.old, await lookAt(duck, job.dir, part.path, job.after));
      if (why) damaged.push({ path: part.path, why });
      parts.push(why ? beginPart(day, part.path, chosen) : part);
    }
    await append(duck, rows(), parts);
    const staged: Staged[] = [];
    for (const [no, part] of parts.entries()) {
      const query = `SELECT line, client, moment, seq FROM incoming WHERE part = ${no}${await oldRows(duck, job, part)}`;
      const done = await writeLines(duck, query, part, join(job.staging, `${no}.parquet`));
      if (done) staged.push(done);
    }
    const count = [...days.values()].reduce((n, day) => n + day.rows, 0);
    return { staged, rows: count, erased: [...erased], properties, damaged };
  } finally {
    db.close();
  }
};

interface Row {
  readonly seq: number;
  readonly event: Event;
}

function* journalRows(
  db: Db,
  { after, upTo }: SealJob,
  isBuried: (event: Event) => boolean,
  erased: Set<number>,
): Iterable<Row> {
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq");
  for (const row of read.iterate(after, upTo) as Iterable<{ seq: number; body: string }>) {
    const event = eventOf(row.body);
    if (isBuried(event)) erased.add(row.seq);
    else yield { seq: row.seq, event };
  }
}

interface Day {
  readonly site: string;
  readonly date: string;
  rows: number;
}

/** A first look at the rows: which days they are of, and what properties they have. */
const survey = (
  db: Db,
  rows: Iterable<Row>,
  pinned: SealJob["pinned"],
): { days: ReadonlyMap<string, Day>; properties: SealResult["properties"] } => {
  const days = new Map<string, Day>();
  const counts = new Map<string, ReturnType<typeof createPropertyCount>>();
  for (const { event } of rows) {
    const site = event.property_id;
    const date = dayOf(event.timestamp_utc);
    const key = `${site}/${date}`;
    const day = days.get(key);
    if (day) day.rows++;
    else days.set(key, { site, date, rows: 1 });
    if (!event.properties) continue;
    const count = counts.get(site) ?? createPropertyCount();
    counts.set(site, count);
    count.add(event.properties);
  }
  const sites = new Set([...days.values()].map(({ site }) => site));
  const properties = Object.fromEntries(
    [...sites].map((site) => {
      const seen: PropertyCount = counts.get(site)?.counted ?? new Map();
      return [site, chooseColumns(readPropertyColumns(db, site), seen, pinned[site] ?? [])];
    }),
  );
  return { days, properties };
};

const chosenOf = (columns: readonly PropertyColumn[]): Columns =>
  Object.fromEntries(columns.filter(({ chosen }) => chosen).map(({ name, kind }) => [name, kind]));

interface Part extends Pick<Segment, "path" | "site" | "date" | "columns"> {
  /** the file that this one takes the place of */
  readonly old: Segment | null;
}

const placePart = (day: Day, { segments }: Manifest, chosen: Columns): Part => {
  const { site, date, rows } = day;
  const ofDay = segments.filter((segment) => segment.site === site && segment.date === date);
  const last = ofDay.toSorted((a, b) => partNumber(a.path) - partNumber(b.path)).at(-1);
  const columns = last && last.rows + rows <= maxPartRows ? uniteColumns(last.columns, chosen) : null;
  if (last && columns) return { site, date, path: last.path, columns, old: last };
  return beginPart(day, last?.path ?? "", chosen);
};

/** A file of the day after this one. */
const beginPart = ({ site, date }: Day, after: string, columns: Columns): Part => ({
  site,
  date,
  path: partPath(site, date, partNumber(after) + 1),
  columns,
  old: null,
});

const append = async (duck: Duck, rows: Iterable<Row>, parts: readonly Part[]): Promise<void> => {
  const numbers = new Map(parts.map(({ site, date }, no) => [`${site}/${date}`, no]));
  await duck.run(
    "CREATE TABLE incoming (part INTEGER, client VARCHAR, moment BIGINT, seq BIGINT, line VARCHAR)",
  );
  const appender = await duck.createAppender("incoming");
  for (const { seq, event } of rows) {
    const no = numbers.get(`${event.property_id}/${dayOf(event.timestamp_utc)}`) ?? -1;
    appender.appendInteger(no);
    if (event.client_id) appender.appendVarchar(event.client_id);
    else appender.appendNull();
    appender.appendBigInt(BigInt(Math.round(event.timestamp_utc)));
    appender.appendBigInt(BigInt(seq));
    appender.appendVarchar(lineOf(seq, event, parts[no]?.columns ?? {}));
    appender.endRow();
  }
  appender.closeSync();
};

// Rows above the watermark in it are of a seal that was cut short: they are in the journal, and come from there. What is
// being erased stays in it for the erasure, which accounts for it.
const oldRows = async (duck: Duck, { dir, after }: SealJob, { old }: Part): Promise<string> => {
  if (!old) return "";
  const lines = await linesOfFiles(duck, [segmentFile(dir, old)], { also: ["client_id"] });
  return ` UNION ALL SELECT line, client_id, moment, seq FROM (${lines} WHERE seq <= ${after})`;
};
