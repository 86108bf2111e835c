/** In the child: reads events out of the sealed files and writes them as lines, in order of arrival. */
import { writeSync } from "node:fs";
import { openDatabaseReadOnly } from "../database.ts";
import { type Duck, linesOfFiles, withDuck } from "./duck.ts";
import { erasedRows } from "./erasures.ts";
import { readManifest } from "./manifest.ts";
import { type Erasure, type Segment, segmentFile } from "./segment.ts";
import { quote } from "./sql-text.ts";

export interface ReadJob {
  readonly kind: "read";
  readonly dir: string;
  /** sequences above this … */
  readonly after: number;
  /** … up to this */
  readonly upTo: number;
  readonly match: Match;
  /** columns of the event; all where they are left out */
  readonly columns?: readonly string[];
}

/** Which events; what is left out does not matter. */
export interface Match {
  readonly site?: string;
  /** of the event */
  readonly type?: string;
  readonly clientIds?: readonly string[];
  /** beside those of `clientIds`: users' events without a visitor */
  readonly userIds?: readonly string[];
  /** event time, ms: from … */
  readonly from?: number;
  /** … to before */
  readonly to?: number;
}

/** Prints a line an event on `fd`. */
export const readJob = async (job: ReadJob, fd: number): Promise<void> => {
  const { segments, erasures } = manifestOf(job);
  if (segments.length === 0) return;
  const files = segments.map((segment) => segmentFile(job.dir, segment));
  await withDuck((duck) => print(duck, files, job, erasures, fd));
  // A file that was replaced while it was read may have given half of each: whoever asked asks again.
  if (JSON.stringify(manifestOf(job).segments) !== JSON.stringify(segments))
    throw new Error("the sealed files changed while they were read");
};

/** What the manifest says of the files that matter here. */
const manifestOf = (job: ReadJob) => {
  const db = openDatabaseReadOnly(job.dir);
  try {
    const { segments, erasures } = readManifest(db);
    return { segments: segments.filter((segment) => mayHold(segment, job)), erasures };
  } finally {
    db.close();
  }
};

const print = async (
  duck: Duck,
  files: readonly string[],
  job: ReadJob,
  erasures: readonly Erasure[],
  fd: number,
): Promise<void> => {
  const lines = await linesOfFiles(duck, files, { erasures, ...(job.columns && { columns: job.columns }) });
  const result = await duck.stream(
    `SELECT line FROM (${lines} WHERE ${conditionOf(job)} AND NOT (${erasedRows(erasures)})) ORDER BY seq`,
  );
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    writeAll(fd, Buffer.from(`${chunk.getColumnValues(0).join("\n")}\n`));
  }
};

const mayHold = (segment: Segment, { after, upTo, match }: ReadJob): boolean =>
  segment.maxSeq > after &&
  segment.minSeq <= upTo &&
  (match.site === undefined || segment.site === match.site) &&
  (match.from === undefined || segment.maxAt >= match.from) &&
  (match.to === undefined || segment.minAt < match.to);

const conditionOf = ({ after, upTo, match }: ReadJob): string =>
  [
    `seq > ${after} AND seq <= ${upTo}`,
    ...(match.site === undefined ? [] : [`property_id = ${quote(match.site)}`]),
    ...(match.type === undefined ? [] : [`type = ${quote(match.type)}`]),
    ...(match.clientIds === undefined ? [] : [whose(match.clientIds, match.userIds ?? [])]),
    ...(match.from === undefined ? [] : [`epoch_ms(timestamp_utc) >= ${match.from}`]),
    ...(match.to === undefined ? [] : [`epoch_ms(timestamp_utc) < ${match.to}`]),
  ].join(" AND ");

/** A file takes all at once; a pipe may take less. */
const writeAll = (fd: number, bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
};

const whose = (clientIds: readonly string[], userIds: readonly string[]): string =>
  `(${within("client_id", clientIds)} OR (client_id IS NULL AND ${within("user_id", userIds)}))`;

const within = (column: string, values: readonly string[]): string =>
  values.length === 0 ? "false" : `${column} IN (${values.map(quote).join(", ")})`;
