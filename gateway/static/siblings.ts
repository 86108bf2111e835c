import { createCache } from "../lib/cache.ts";
import type { Clock } from "../lib/clock.ts";
import { type Coding, codings } from "./accept-encoding.ts";
import type { File, Files } from "./files.ts";

/** Finds the files that a build has compressed: beside a file, under its name with `.br`, `.zst` or `.gz`. */
export interface SiblingFinder {
  /** The codings that lie beside a file and are not older than it. */
  codingsOf(file: File, segments: readonly string[]): ReadonlySet<Coding> | Promise<ReadonlySet<Coding>>;
  /** The file in one of them; null where it has gone since. */
  find(file: File, segments: readonly string[], coding: Coding): File | null | Promise<File | null>;
  forget(file: File): void;
}

const endings: Readonly<Record<Coding, string>> = { br: ".br", zstd: ".zst", gzip: ".gz" };
/** How long it stays known what lies beside a file. */
const relookMs = 1000;
/** A build may write the copy first, and some disks only know every other second. */
const slackMs = 2000;

interface Known {
  readonly state: string;
  readonly codings: ReadonlySet<Coding>;
  readonly at: number;
}

export const createSiblingFinder = (files: Files, clock: Clock): SiblingFinder => {
  const known = createCache<string, Known>(2000); // names and no contents: those are in the memory of `files`

  const find: SiblingFinder["find"] = (file, segments, coding) => {
    const found = files.find([...segments.slice(0, -1), `${segments.at(-1)}${endings[coding]}`]);
    // An older one is of an earlier version of the file.
    const judge = (sibling: Awaited<typeof found>): File | null =>
      sibling.kind === "file" && sibling.datedMs + slackMs >= file.datedMs ? sibling : null;
    return found instanceof Promise ? found.then(judge) : judge(found);
  };
  const look = async (file: File, segments: readonly string[]): Promise<ReadonlySet<Coding>> => {
    const at = clock();
    const beside = new Set<Coding>();
    for (const coding of codings) {
      if (await find(file, segments, coding)) beside.add(coding);
    }
    known.set(file.name, { state: file.state, codings: beside, at });
    return beside;
  };
  return {
    codingsOf(file, segments) {
      const entry = known.get(file.name);
      const isKnown = entry?.state === file.state && Math.abs(clock() - entry.at) < relookMs;
      return isKnown ? entry.codings : look(file, segments);
    },
    find,
    forget: (file) => known.delete(file.name),
  };
};
