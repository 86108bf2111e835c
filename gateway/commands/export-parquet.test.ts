import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import type { Json } from "../model/json.ts";
import { openDuck, rowsOf } from "../store/segments/duck.ts";
import { type TableColumn, writeParquet } from "./export-parquet.ts";

const writeAndRead = async (columns: readonly TableColumn[], rows: readonly Json[][], select: string) => {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  await writeParquet({ stdout, isTerminal: false }, columns, rows);
  const folder = mkdtempSync(join(tmpdir(), "turnpike-parquet-"));
  const file = join(folder, "x.parquet");
  writeFileSync(file, Buffer.concat(chunks));
  const duck = await openDuck(join(folder, "spill"));
  const found = await rowsOf(duck, `${select} FROM '${file}'`);
  rmSync(folder, { recursive: true });
  return found;
};

test("an export as Parquet is typed by its columns", async () => {
  const columns = [
    { name: "id", type: "uuid" },
    { name: "at", type: "time" },
    { name: "n", type: "int" },
    { name: "properties", type: "json" },
  ] as const;
  const rows = [
    ["0190a5b2-0000-7000-8000-00000000beef", "2026-01-31T12:00:00.005Z", 7, { Plan: "it's \ud800" }],
    ["0190a5b2-0000-7000-8000-00000000bee0", 1_769_860_800_005, null, null],
  ];
  const found = await writeAndRead(
    columns,
    rows,
    `SELECT typeof(id) AS id, epoch_ms("at") AS at_ms, n, properties->>'Plan' AS plan`,
  );
  assert.deepEqual(found, [
    { id: "UUID", at_ms: "1769860800005", n: "7", plan: "it's \ufffd" },
    { id: "UUID", at_ms: "1769860800005", n: null, plan: null },
  ]);
});

test("columns that differ in case alone stay two, and no rows make an empty table", async () => {
  const columns = [
    { name: "params_Plan", type: "text" },
    { name: "params_plan", type: "text" },
  ] as const;
  assert.deepEqual(await writeAndRead(columns, [["a", "b"]], "SELECT *"), [
    { params_Plan: "a", params_plan_2: "b" },
  ]);
  assert.deepEqual(await writeAndRead(columns, [], "SELECT count(*) AS n"), [{ n: "0" }]);
});

test("a terminal is no place for a Parquet file", async () => {
  const stdout = new Writable();
  await assert.rejects(writeParquet({ stdout, isTerminal: true }, [], []), /not for a terminal/);
});
