import assert from "node:assert/strict";
import { test } from "node:test";
import { type FeedOptions, type FeedReport, type FeedRow, runFeed } from "./feed.ts";
import { type Sink, SinkBusy, type SinkEvent } from "./sink.ts";
import { storedEvent } from "./test-events.ts";

const rowsOf = (count: number, change: (seq: number) => Partial<FeedRow> = () => ({})): FeedRow[] =>
  Array.from({ length: count }, (_, i) => ({
    seq: i + 1,
    event: storedEvent(i + 1),
    size: 100,
    ...change(i + 1),
  }));

const numbersOf = (batch: readonly SinkEvent[]): readonly number[] =>
  batch.map(({ properties }) => (properties as { n: number }).n);

interface Run {
  readonly reports: readonly FeedReport[];
  readonly batches: readonly (readonly number[])[];
  /** how long it waited, each time */
  readonly waits: readonly number[];
}

/** Runs the feed until it has waited so often. */
const feed = async (
  rows: readonly FeedRow[],
  {
    write = async () => {},
    waitsUntilStop = 1,
    ...more
  }: Partial<FeedOptions> & {
    readonly write?: Sink["write"];
    readonly waitsUntilStop?: number;
  } = {},
): Promise<Run> => {
  const stop = new AbortController();
  const reports: FeedReport[] = [];
  const batches: (readonly number[])[] = [];
  const waits: number[] = [];
  await runFeed({
    sink: {
      id: "test",
      write(batch, signal) {
        batches.push(numbersOf(batch));
        return write(batch, signal);
      },
    },
    source: {
      read(after, limit) {
        const page = rows.filter(({ seq }) => seq > after).slice(0, limit);
        return { rows: page, upTo: page.at(-1)?.seq ?? after };
      },
    },
    from: 0,
    failures: 0,
    batchEvents: 10,
    flushMs: 1000,
    timeoutMs: 60_000,
    wants: () => true,
    toRecord: ({ timestamp_utc: _, ...event }) => event as SinkEvent, // its columns are JSON
    report: (report) => reports.push(report),
    delayAfter: (failures, askedMs) => failures * 1_000_000 + askedMs,
    async wait(ms) {
      waits.push(ms);
      if (waits.length === waitsUntilStop) stop.abort();
    },
    stopping: stop.signal,
    cut: new AbortController().signal,
    ...more,
  });
  return { reports, batches, waits };
};

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const placesOf = (reports: readonly FeedReport[]) =>
  reports.flatMap((report) => (report.kind === "moved" ? [report.seq] : []));

test("events are handed out in order, in batches of at most the size that is set", async () => {
  const { batches, reports, waits } = await feed(rowsOf(25));
  assert.deepEqual(batches, [range(1, 10), range(11, 20), range(21, 25)]);
  assert.deepEqual(placesOf(reports), [10, 20, 25]);
  assert.deepEqual(waits, [1000], "then it waits for more");
});

test("the feed goes on after the place that was reached before", async () => {
  const { batches } = await feed(rowsOf(12), { from: 9 });
  assert.deepEqual(batches, [[10, 11, 12]]);
});

test("events that are not wanted are passed by, and the place moves on", async () => {
  const { batches, reports } = await feed(rowsOf(30), {
    wants: ({ properties }) => Number(properties?.["n"]) === 7,
  });
  assert.deepEqual([batches, placesOf(reports)], [[[7]], [30]]);
  const none = await feed(rowsOf(30), { wants: () => false });
  assert.deepEqual([none.batches, placesOf(none.reports)], [[], [30]], "without a write");
});

test("a few wanted events among many are gathered into one batch", async () => {
  const { batches } = await feed(rowsOf(1000), {
    wants: ({ properties }) => Number(properties?.["n"]) % 200 === 0,
  });
  assert.deepEqual(batches, [[200, 400, 600, 800, 1000]]);
});

test("a batch is cut where it is large in bytes", async () => {
  const { batches } = await feed(rowsOf(6, () => ({ size: 600_000 })));
  assert.deepEqual(batches, [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});

test("what may not be shown is left out, and is not called missed", async () => {
  const rows = rowsOf(5, (seq) => (seq === 3 ? { event: null } : {}));
  const { batches, reports } = await feed(rows);
  assert.deepEqual(batches, [[1, 2, 4, 5]]);
  assert.deepEqual(reports.at(-1), {
    kind: "moved",
    seq: 5,
    receivedAt: 1_769_860_800_005,
    events: 4,
    missed: 0,
  });
});

test("sequences that are stored no longer are counted as missed, each once", async () => {
  const rows = rowsOf(30).filter(({ seq }) => seq !== 4 && (seq < 12 || seq > 20));
  const { reports } = await feed(rows);
  const missed = reports.map((report) => (report.kind === "moved" ? report.missed : 0));
  assert.equal(
    missed.reduce((sum, n) => sum + n, 0),
    10,
  );
});

test("a write that fails is tried again later, with the same events, and nothing is skipped", async () => {
  const rows = rowsOf(4);
  let failures = 2;
  const { batches, reports, waits } = await feed(rows, {
    waitsUntilStop: 3,
    async write() {
      if (failures-- <= 0) return;
      rows.push(...rowsOf(8).slice(rows.length)); // more has come meanwhile
      throw new SinkBusy("it is full\nup to the brim", 5);
    },
  });
  assert.deepEqual(batches, [range(1, 4), range(1, 4), range(1, 4), range(5, 8)]);
  assert.deepEqual(waits, [1_000_005, 2_000_005, 1000]);
  assert.deepEqual(
    reports.filter(({ kind }) => kind === "failed"),
    [1, 2].map((n) => ({
      kind: "failed",
      sentence: "it is full up to the brim",
      retryMs: n * 1_000_000 + 5,
    })),
  );
});

test("a visitor who is erased between two tries is not in the second", async () => {
  const rows = rowsOf(4);
  let failures = 1;
  const { batches } = await feed(rows, {
    waitsUntilStop: 2,
    async write() {
      if (failures-- <= 0) return;
      rows[1] = { seq: 2, event: null, size: 0 };
      throw new Error("not now");
    },
  });
  assert.deepEqual(batches, [
    [1, 2, 3, 4],
    [1, 3, 4],
  ]);
});

test("a batch that failed and is removed whole, or at its end, before the next try is passed by at once", async () => {
  for (const [gone, again] of [
    [range(1, 3), []],
    [range(2, 3), [[1]]],
  ] as const) {
    const rows = rowsOf(8);
    let [writes, reads] = [0, 0];
    const { batches, reports } = await feed(rows, {
      batchEvents: 3,
      waitsUntilStop: 2,
      source: {
        read(after, limit) {
          reads++;
          const page = rows.filter(({ seq }) => seq > after).slice(0, limit);
          return { rows: page, upTo: page.at(-1)?.seq ?? after };
        },
      },
      async write() {
        if (writes++ > 0) return;
        rows.splice(0, rows.length, ...rows.filter(({ seq }) => !gone.includes(seq)));
        throw new Error("not now");
      },
    });
    assert.deepEqual(batches, [[1, 2, 3], ...again, [4, 5, 6], [7, 8]]);
    const missed = reports.map((report) => (report.kind === "moved" ? report.missed : 0));
    assert.equal(
      missed.reduce((sum, n) => sum + n, 0),
      gone.length,
    );
    assert.ok(reads < 10, `${reads} reads`);
  }
});

test("stored events that cannot be read are a failure like any other", async () => {
  const { reports, waits } = await feed([], {
    source: {
      read() {
        throw new Error("store: the file is gone");
      },
    },
  });
  assert.deepEqual(reports, [{ kind: "failed", sentence: "store: the file is gone", retryMs: 1_000_000 }]);
  assert.deepEqual(waits, [1_000_000]);
});

test("a write that throws at once fails as one that rejects does", async () => {
  const { reports } = await feed(rowsOf(1), {
    write() {
      throw new TypeError("undefined is not a function");
    },
  });
  assert.deepEqual(
    reports.map((report) => (report.kind === "failed" ? report.sentence : report.kind)),
    ["writing", "undefined is not a function"],
  );
});

test("a write that takes too long is told to end, and has failed", async () => {
  const { reports } = await feed(rowsOf(2), {
    timeoutMs: 10,
    write: (_batch, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("it was cut off")))),
  });
  const failed = reports.find(({ kind }) => kind === "failed");
  assert.equal(failed?.kind === "failed" && failed.sentence, "it did not take 2 events within 0.01 s");
});

test("a stop in the middle of a batch lets it end, and begins no other", async () => {
  const stop = new AbortController();
  const { batches, reports } = await feed(rowsOf(25), {
    stopping: stop.signal,
    async write() {
      stop.abort();
      await new Promise(setImmediate);
    },
  });
  assert.deepEqual([batches, placesOf(reports)], [[range(1, 10)], [10]]);
});

test("a stop that cuts a batch does not move the place", async () => {
  const stop = new AbortController();
  const cut = new AbortController();
  const { batches, reports } = await feed(rowsOf(25), {
    stopping: stop.signal,
    cut: cut.signal,
    write(_batch, signal) {
      stop.abort();
      setImmediate(() => cut.abort(new Error("stopping")));
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  assert.deepEqual([batches, placesOf(reports)], [[range(1, 10)], []]);
  assert.ok(!reports.some(({ kind }) => kind === "failed"), "being stopped is no failure");
});
