import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Event } from "../../model/event.ts";
import type { JsonObject } from "../../model/json.ts";
import { listEventFiles } from "./folder.ts";
import { askFolder, documentForTest, eventForTest, noon, openTestFolder } from "./test-folder.ts";

const dayMs = 86_400_000;

const readAll = (folder: ReturnType<typeof openTestFolder>): readonly Event[] =>
  folder.reader.read(0, 100_000).map(({ event }) => event);

test("sealed events come back as they went in, in order of arrival, after their journal rows have gone", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon + dayMs });
  const events = [
    eventForTest({ client_id: "b", properties: { plan: "pro", n: 1, deep: { a: [1, "x"] }, none: null } }),
    eventForTest({ client_id: "a", properties: { n: 1.5, plan: "", yes: true, "an odd name …": "ü" } }),
    documentForTest({ properties: {}, timestamp_utc: noon - dayMs, status: 200 }),
    eventForTest({
      property_id: "other.site",
      value: 49.9,
      experiments: { headline: "b" },
      items: [{ item_id: "1", price: 0.1 }],
      problems: [{ field: "x", problem: "it's not a number" }],
      first: true,
      vp_w: 1280,
      client_time: noon - 1,
      page_title: 'a "quoted" \\ud800 title, 日本',
      properties: { n: "text here", __proto: 1 },
    }),
  ];
  folder.store(events);
  const report = await folder.keeper.seal();
  assert.deepEqual(report, { events: 4, files: 3 });
  assert.equal([...folder.reader.query("SELECT 1 FROM journal").rows].length, 0);
  assert.deepEqual(readAll(folder), events);
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("properties come back as they were where files spell or type them in other ways", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon + dayMs });
  const of = (property_id: string, day: number, properties: JsonObject) =>
    eventForTest({ property_id, timestamp_utc: noon - day * dayMs, properties });
  const events = [
    of("a", 0, { Plan: "pro", on: true, off: false, n: 1 }),
    of("b", 0, { plan: "free", on: 5, off: 0.5, n: "one" }),
    of("c", 0, { PLAN: 7, 'a"b': 3, "": 1, n: 1e300 }),
    of("c", 1, { PLAN: [1], n: { deep: 0.1 } }),
    of("c", 2, { Plan: null, n: false }),
  ];
  folder.store(events);
  await folder.keeper.seal();
  assert.deepEqual(readAll(folder), events);
  folder.close();
});

test("files are typed, partitioned by site and day, and sorted by visitor and time", async () => {
  const folder = openTestFolder();
  folder.store([
    eventForTest({ client_id: "b", timestamp_utc: noon + 1, properties: { n: 1 } }),
    eventForTest({ client_id: "a", timestamp_utc: noon + 9, properties: { n: 2.5 } }),
    eventForTest({ client_id: "a", timestamp_utc: noon + 3, properties: { s: "x", on: true } }),
  ]);
  await folder.keeper.seal();
  assert.deepEqual(listEventFiles(folder.dir), ["site=main/date=2026-01-31/part-0001.parquet"]);
  const rows = await askFolder(
    folder.dir,
    "SELECT client_id, epoch_ms(timestamp_utc) - 1769860800000 AS t, site",
  );
  assert.deepEqual(
    rows.map(({ client_id, t, site }) => [client_id, Number(t), site]),
    [
      ["a", 3, "main"],
      ["a", 9, "main"],
      ["b", 1, "main"],
    ],
  );
  const [types] = await askFolder(
    folder.dir,
    "SELECT any_value(typeof(id)) AS id, any_value(typeof(timestamp_utc)) AS at, any_value(typeof(params_n)) AS n, any_value(typeof(params_s)) AS s, any_value(typeof(params_on)) AS flag, any_value(typeof(value)) AS v",
  );
  assert.deepEqual(types, {
    id: "UUID",
    at: "TIMESTAMP",
    n: "DOUBLE",
    s: "VARCHAR",
    flag: "BOOLEAN",
    v: "DOUBLE",
  });
  folder.close();
});

test("a property that changes its type becomes text, and every value comes back as what it was", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon + dayMs });
  const values = [1, "one", true, 2.5, { a: 1 }, "1", null, [1]];
  const events: Event[] = [];
  for (const value of values) {
    events.push(eventForTest({ properties: { odd: value } }));
    folder.store(events.slice(-1));
    await folder.keeper.seal(); // the day's file is written anew with each
  }
  assert.deepEqual(readAll(folder), events);
  assert.equal(listEventFiles(folder.dir).length, 1);
  const rows = await askFolder(folder.dir, "SELECT params_odd AS odd, typeof(params_odd) AS type");
  assert.deepEqual(new Set(rows.map(({ type }) => type)), new Set(["VARCHAR"]));
  folder.close();
});

test("the list beside the files names them with their rows and the watermark", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest(), eventForTest({ timestamp_utc: noon - dayMs })]);
  await folder.keeper.seal();
  const list = JSON.parse(readFileSync(join(folder.dir, "events/_manifest.json"), "utf8")) as {
    watermark: number;
    files: { path: string; rows: number }[];
  };
  assert.equal(list.watermark, 2);
  assert.deepEqual(
    list.files.map(({ path, rows }) => [path, rows, existsSync(join(folder.dir, "events", path))]),
    [
      ["site=main/date=2026-01-30/part-0001.parquet", 1, true],
      ["site=main/date=2026-01-31/part-0001.parquet", 1, true],
    ],
  );
  folder.close();
});

test("rows of the last days stay in the journal, and are read once", async () => {
  const folder = openTestFolder({ journalDays: 8, clock: () => noon + dayMs });
  const old = eventForTest({ received_at: noon - 9 * dayMs, timestamp_utc: noon - 9 * dayMs });
  const young = eventForTest();
  folder.store([old, young]);
  await folder.keeper.seal();
  assert.equal([...folder.reader.query("SELECT 1 FROM journal").rows].length, 1);
  assert.deepEqual(readAll(folder), [old, young]);
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("200 properties of a site become columns, the pinned first, the rest stays in properties", async () => {
  const folder = openTestFolder({ pinned: { main: ["rare"] }, journalDays: 0, clock: () => noon + dayMs });
  const names = Array.from({ length: 250 }, (_, i) => `p${String(i).padStart(3, "0")}`);
  const wide = eventForTest({
    properties: { ...Object.fromEntries(names.map((name) => [name, name])), rare: 1 },
  });
  const usual = eventForTest({ properties: { p249: "often", P000: "another spelling" } });
  folder.store([wide, usual]);
  await folder.keeper.seal();
  const [row = {}] = await askFolder(folder.dir, "SELECT *");
  const columns = Object.keys(row).filter((name) => name.startsWith("params_"));
  assert.equal(columns.length, 200);
  assert.ok(columns.includes("params_rare") && columns.includes("params_p249"));
  assert.ok(!columns.includes("params_p248"));
  assert.deepEqual(readAll(folder), [wide, usual]);
  folder.close();
});

test("the disk gets back what the journal took, once its rows have gone", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon + dayMs });
  const long = "x".repeat(2000);
  folder.store(Array.from({ length: 10_001 }, (_, i) => eventForTest({ page_title: `${long}${i % 9}` })));
  const bytes = () => {
    folder.ledger.segments({ kind: "truncate-wal" });
    return statSync(join(folder.dir, "turnpike.db")).size;
  };
  const before = bytes();
  await folder.keeper.seal();
  const after = bytes();
  assert.ok(before > 20_000_000 && after < before / 10, `${before} bytes before, ${after} after`);
  folder.close();
});
