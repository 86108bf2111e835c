/** In the child: what files hold that are not as the manifest says. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { firstLine } from "../../lib/first-line.ts";
import { type Duck, rowsOf, withDuck } from "./duck.ts";
import { eventsFolder } from "./segment.ts";
import { quote } from "./sql-text.ts";

export interface LookJob {
  readonly kind: "look";
  readonly dir: string;
  /** below `events/` */
  readonly paths: readonly string[];
  readonly watermark: number;
}

export interface Looked {
  readonly path: string;
  /** why it cannot be read; else null */
  readonly trouble: string | null;
  readonly maxSeq: number;
  /** of the rows up to the watermark */
  readonly rows: number;
  readonly seqSum: number;
}

export const lookJob = ({ dir, paths, watermark }: LookJob): Promise<readonly Looked[]> =>
  withDuck(async (duck) => {
    const all: Looked[] = [];
    for (const path of paths) all.push(await lookAt(duck, dir, path, watermark));
    return all;
  });

/** What one file holds; never throws. */
export const lookAt = async (duck: Duck, dir: string, path: string, watermark: number): Promise<Looked> => {
  const file = join(eventsFolder(dir), path);
  const nothing = { path, maxSeq: 0, rows: 0, seqSum: 0 };
  if (!existsSync(file)) return { ...nothing, trouble: "ENOENT" };
  try {
    const [row = {}] = await rowsOf(
      duck,
      `SELECT max(seq) AS highest, count(*) FILTER (seq <= ${watermark}) AS n,
         ifnull(sum(seq) FILTER (seq <= ${watermark}), 0)::BIGINT AS seq_sum FROM read_parquet(${quote(file)})`,
    );
    const [maxSeq, rows, seqSum] = ["highest", "n", "seq_sum"].map((name) => Number(row[name] ?? 0));
    return { path, trouble: null, maxSeq: maxSeq ?? 0, rows: rows ?? 0, seqSum: seqSum ?? 0 };
  } catch (error) {
    return { ...nothing, trouble: firstLine(error) };
  }
};
