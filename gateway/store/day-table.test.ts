import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "./database.ts";
import { keepDayCounts } from "./day-table.ts";

test("counts of a day never fall, those of days before go, and the highest stay where there are too many", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-days-"));
  const db = openDatabase(dir);
  t.after(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });
  const keep = (day: string, counts: Readonly<Record<string, number>>): readonly unknown[] => {
    const rows = Object.entries(counts).map(([key, n]) => ({ key, n }));
    keepDayCounts(db, day, rows, 3);
    return db.prepare("SELECT day, key, n FROM day_counts ORDER BY n DESC").raw().all();
  };
  keep("2026-01-01", { a: 9 });
  assert.deepEqual(keep("2026-01-02", { a: 2, b: 5 }), [
    ["2026-01-02", "b", 5],
    ["2026-01-02", "a", 2],
  ]);
  assert.deepEqual(keep("2026-01-02", { a: 3, b: 4, c: 1 }), [
    ["2026-01-02", "b", 5],
    ["2026-01-02", "a", 3],
    ["2026-01-02", "c", 1],
  ]);
  assert.deepEqual(keep("2026-01-02", { d: 2, e: 7 }), [
    ["2026-01-02", "e", 7],
    ["2026-01-02", "b", 5],
    ["2026-01-02", "a", 3],
  ]);
});
