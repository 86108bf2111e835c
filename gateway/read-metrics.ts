/** All that stands at `/metrics`, asked for when somebody reads it. */
import { readFileSync, statfsSync } from "node:fs";
import { type Family, familiesOf } from "./metrics/families.ts";
import type { SinkFigures } from "./metrics/figures.ts";
import type { ProcessFigures } from "./metrics/process-figures.ts";
import { type Rendered, renderMetrics } from "./metrics/render.ts";
import { addCounts, type Counts, noCounts } from "./metrics/tally.ts";
import type { SideFigures } from "./side-figures.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

export interface MetricsSource {
  readonly store: Pick<SqliteStore, "reader" | "pending" | "trouble" | "commits">;
  /** the data folder */
  readonly dir: string;
  readonly now: () => number;
  readonly side: () => Promise<SideFigures>;
  readonly sinks: () => readonly SinkFigures[];
  /** what the owner alone has counted */
  readonly missed: () => Readonly<Record<string, number>>;
  /** the owner's process where it serves no visitors itself */
  readonly owner: () => ProcessFigures | null;
}

export const readMetrics = async (source: MetricsSource): Promise<Rendered> =>
  renderMetrics(await readFamilies(source));

const readFamilies = async ({
  store,
  dir,
  now,
  side,
  sinks,
  missed,
  owner,
}: MetricsSource): Promise<readonly Family[]> => {
  const { counts, processes, ...rest } = await side();
  const own = owner();
  const commits = store.commits();
  return familiesOf({
    ...rest,
    now: now(),
    version,
    counts: addCounts([counts, ownCounts(missed())]),
    processes: own ? { owner: own, ...processes } : processes,
    sinks: sinks(),
    pendingEvents: store.pending(),
    isStoring: store.trouble() === null,
    commits: commits.count,
    commitSeconds: commits.seconds,
    projectionLag: projectionLag(store),
    diskFreeBytes: freeBytes(dir),
  });
};

const ownCounts = (events: Readonly<Record<string, number>>): Counts => ({
  ...noCounts(),
  events: { ...events },
});

const projectionLag = ({ reader }: MetricsSource["store"]): number | null => {
  try {
    return Number(reader.report("projection-lag", {})[0]?.["n"] ?? 0);
  } catch {
    return null; // a disk in trouble, which the store says
  }
};

const freeBytes = (dir: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return null; // the folder is away
  }
};

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};
