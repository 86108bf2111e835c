/** All stored events up to a sequence, a page at a time: out of sealed files, then out of the journal. */
import { closeSync } from "node:fs";
import { dirname } from "node:path";
import type { ColumnName } from "../model/event.ts";
import type { Stored } from "../model/event-store.ts";
import type { Db } from "./database.ts";
import { readState } from "./segments/manifest.ts";
import type { ReadJob } from "./segments/read-job.ts";
import { runReadJob, runReadJobAside } from "./segments/run-job.ts";
import { storedLines } from "./segments/sealed-reader.ts";
import { eventOf } from "./stored-event.ts";

/** What is read: exposures, with what must be known of them, or all events whole. */
export type Part = "exposures" | "all";

export interface Page {
  readonly events: readonly Stored[];
  /** up to this sequence there are no others */
  readonly reached: number;
}

export interface RebuildSource {
  /** Has a page behind this sequence read out of files, where it lies in some; others work meanwhile. */
  fetch(part: Part, after: number, upTo: number, signal: AbortSignal): Promise<void>;
  /** Likewise, while the caller waits. */
  fetchNow(part: Part, after: number, upTo: number): void;
  /** At most so many events; null where they must be fetched first. */
  page(part: Part, after: number, upTo: number, rows: number): Page | null;
  /** Forgets what was fetched: it may have been erased since, or is to be read again. */
  discard(): void;
}

/** A child process reads so many sequences at a time: it takes a quarter of a second to start, and sorts them in memory. */
const windowRows = 100_000;
/** Rows of the journal that are looked through for exposures, for each row that is decoded otherwise. */
const looksPerRow = 10;

export const createRebuildSource = (db: Db): RebuildSource => {
  const readJournal = db.prepare(
    "SELECT seq, body FROM journal WHERE seq > ? AND seq <= ? AND (? = '' OR instr(body, ?) > 0) ORDER BY seq",
  );
  let window: Window | null = null;

  const discard = (): void => {
    if (window) closeSync(window.fd);
    window = null;
  };

  const has = (part: Part, after: number): boolean => window?.part === part && window.place === after;

  /** What a child process is to read, if anything. */
  const missing = (part: Part, after: number, upTo: number): ReadJob | null => {
    const end = Math.min(readState(db).dropped, upTo, after + windowRows);
    if (after >= end || has(part, after)) return null;
    const job = { kind: "read", dir: dirname(db.name), after, upTo: end } as const;
    return part === "all"
      ? { ...job, match: {} }
      : { ...job, match: { type: "exposure" }, columns: exposureColumns };
  };

  const open = (part: Part, job: ReadJob, fd: number): void => {
    discard();
    window = { part, place: job.after, end: job.upTo, fd, events: storedLines(fd) };
  };

  const pageOfWindow = (from: Window, rows: number): Page => {
    const events: Stored[] = [];
    while (events.length < rows) {
      const next = from.events.next();
      if (next.done) {
        const reached = from.end;
        discard();
        return { events, reached };
      }
      events.push(next.value);
    }
    from.place = events.at(-1)?.seq ?? from.place;
    return { events, reached: from.place };
  };

  return {
    async fetch(part, after, upTo, signal) {
      const job = missing(part, after, upTo);
      if (job) open(part, job, await runReadJobAside(job, signal));
    },
    fetchNow(part, after, upTo) {
      const job = missing(part, after, upTo);
      if (job) open(part, job, runReadJob(job));
    },
    page(part, after, upTo, rows) {
      if (window && has(part, after)) return pageOfWindow(window, rows);
      if (missing(part, after, upTo)) return null;
      const text = part === "exposures" ? "exposure" : "";
      const reached = Math.min(upTo, after + (text ? rows * looksPerRow : rows));
      const found = readJournal.all(after, reached, text, text) as { seq: number; body: string }[];
      return { events: found.map(({ seq, body }) => ({ seq, event: eventOf(body) })), reached };
    },
    discard,
  };
};

interface Window {
  readonly part: Part;
  /** its events up to this sequence were taken */
  place: number;
  readonly end: number;
  readonly fd: number;
  readonly events: Iterator<Stored>;
}

/** What must be known of an exposure, and of whom it is. */
const exposureColumns = [
  "id",
  "property_id",
  "type",
  "name",
  "timestamp_utc",
  "client_id",
  "user_id",
  "user_claim",
  "bot",
  "traffic_filter_name",
  "experiment_id",
  "variation_id",
] as const satisfies readonly ColumnName[];
