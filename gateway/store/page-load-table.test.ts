import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { derivedId } from "../model/ids.ts";
import { openDatabase } from "./database.ts";
import { createPageLoadTable } from "./page-load-table.ts";
import { reports } from "./reports.ts";

const dayMs = 86_400_000;
const midnight = Date.UTC(2025, 2, 4);
const now = midnight + 30_000;
const hex = (ms: number) => ms.toString(16).padStart(12, "0");

const open = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-loads-"));
  const db = openDatabase(dir);
  t.after(() => {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  });
  db.prepare("INSERT INTO sites (id) VALUES ('main'), ('other')").run();
  const numbers = new Map([
    ["main", 1],
    ["other", 2],
  ]);
  return { db, table: createPageLoadTable(db, (site) => numbers.get(site) ?? 0) };
};

test("a page load is kept per site, and its days are sums", (t) => {
  const { db, table } = open(t);
  const id = derivedId(now, "a");
  assert.equal(table.seen("main", id), 0);
  table.put("main", id, 1);
  table.put("main", id, 3);
  assert.deepEqual([table.seen("main", id), table.seen("other", id)], [3, 0]);
  table.change("main", "2025-03-04", { both: 0, documentOnly: 1, viewOnly: 0, otherViews: 2 });
  table.change("main", "2025-03-04", { both: 1, documentOnly: -1, viewOnly: 0, otherViews: 1 });
  assert.deepEqual(db.prepare("SELECT * FROM page_load_days").raw().all(), [
    ["main", "2025-03-04", 1, 0, 0, 3],
  ]);
});

test("page loads are forgotten after eight days, some at a time", (t) => {
  const { db, table } = open(t);
  for (const [i, age] of [9, 8.5, 8.1, 7.9, 0].entries())
    table.put(i % 2 === 0 ? "main" : "other", derivedId(now - age * dayMs, String(i)), 1);
  const left = () => db.prepare("SELECT count(*) FROM page_loads").pluck().get();
  table.prune(now, 2);
  assert.equal(left(), 3);
  table.prune(now, 2);
  table.prune(now, 2);
  assert.equal(left(), 2);
});

test("the report leaves out documents that are too young to be missed, on the day they left", (t) => {
  const { db, table } = open(t);
  const load = (site: string, at: number, seen: number) => {
    table.put(site, derivedId(at, `${at} ${seen}`), seen);
    const day = new Date(at).toISOString().slice(0, 10);
    const documentOnly = seen === 1 ? 1 : 0;
    table.change(site, day, { both: 1 - documentOnly, documentOnly, viewOnly: 0, otherViews: 0 });
  };
  load("main", now - 10_000, 1);
  load("main", now - 11_000, 3);
  load("main", midnight - 5_000, 1);
  load("main", midnight - 40_000, 1);
  load("other", midnight - 6_000, 1);
  load("other", now - 3 * dayMs, 1);
  const rows = db.prepare(reports["page-loads"] ?? "").all({
    youngest: hex(now - 60_000),
    midnight: hex(midnight),
    today: "2025-03-04",
    yesterday: "2025-03-03",
    since: "2025-03-02",
  });
  assert.deepEqual(
    rows.map((row) => Object.values(row as object)),
    [
      ["main", "2025-03-03", 0, 1, 0, 0],
      ["other", "2025-03-03", 0, 0, 0, 0],
      ["main", "2025-03-04", 1, 0, 0, 0],
    ],
  );
});
