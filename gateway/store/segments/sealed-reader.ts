/** Events whose journal rows have gone, read from the sealed files by a child process while the caller waits. */
import { closeSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Stored } from "../../model/event-store.ts";
import type { Match } from "./read-job.ts";
import { storedOf } from "./rows.ts";
import { runReadJob, runReadJobAside } from "./run-job.ts";

/** A child reads so many sequences at a time: it takes a quarter of a second to start, and sorts them in memory. */
const windowRows = 100_000;

/**
 * Events with `after` < sequence ≤ `upTo`, in order of arrival, however many; only a piece of them is in memory. With
 * `columns` they have those alone.
 */
export function* readSealed(
  dir: string,
  after: number,
  upTo: number,
  columns?: readonly string[],
): Generator<Stored> {
  for (let from = after; from < upTo; from += windowRows) {
    yield* readWindow(dir, from, Math.min(upTo, from + windowRows), {}, columns);
  }
}

/** All that match in one go, in order of arrival: for few events out of many. */
export const findSealed = (dir: string, upTo: number, match: Match): Iterable<Stored> =>
  readWindow(dir, 0, upTo, match);

/** Likewise, while the caller does other work. Ends with an error when `signal` says so. */
export async function* findSealedAside(
  dir: string,
  upTo: number,
  match: Match,
  signal: AbortSignal,
): AsyncGenerator<Stored> {
  const fd = await runReadJobAside({ kind: "read", dir, after: 0, upTo, match }, signal);
  try {
    let read = 0;
    for (const line of linesOf(fd)) {
      yield storedOf(line);
      if (++read % linesAtOnce === 0) await setImmediate();
    }
  } finally {
    closeSync(fd);
  }
}

/** So many are read before others get a turn: some milliseconds. */
const linesAtOnce = 200;

function* readWindow(
  dir: string,
  after: number,
  upTo: number,
  match: Match,
  columns?: readonly string[],
): Generator<Stored> {
  const fd = runReadJob({ kind: "read", dir, after, upTo, match, ...(columns && { columns }) });
  try {
    yield* storedLines(fd);
  } finally {
    closeSync(fd);
  }
}

/** Events that a child process has written to an open file, which stays open. */
export function* storedLines(fd: number): Generator<Stored> {
  for (const line of linesOf(fd)) yield storedOf(line);
}

function* linesOf(fd: number): Generator<string> {
  const chunk = Buffer.alloc(1 << 20);
  let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  for (let position = 0; ; ) {
    const length = readSync(fd, chunk, 0, chunk.length, position);
    if (length === 0) return;
    position += length;
    const bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
    const end = bytes.lastIndexOf(0x0a);
    rest = bytes.subarray(end + 1);
    if (end > 0) yield* bytes.toString("utf8", 0, end).split("\n");
  }
}

/**
 * Reads pages as the journal is read: a page that goes on where the one before ended goes on in the same window.
 * Leave it out where nothing may wait.
 */
export const createSealedPages = (dir: string) => {
  let place = -1;
  let upTo = -1;
  let window: Generator<Stored> | null = null;
  const end = () => {
    window?.return(undefined);
    window = null;
  };
  return {
    read(after: number, dropped: number, limit: number): readonly Stored[] {
      if (!window || after !== place || dropped !== upTo) {
        end();
        window = readSealed(dir, after, dropped);
        upTo = dropped;
      }
      const page: Stored[] = [];
      while (page.length < limit) {
        const next = window.next();
        if (next.done) break;
        page.push(next.value);
      }
      place = page.at(-1)?.seq ?? after;
      if (page.length < limit) end();
      return page;
    },
    close: end,
  };
};
