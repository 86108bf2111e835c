import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeUnfinished } from "./remove-unfinished.ts";

test("what a killed process left half written goes, what is being written and files of others stay", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-unfinished-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const old = [
    "secret.0123456789ab.first",
    "secret.0123456789ab.first.ba9876543210.new",
    "owner.json.0123456789ab.new",
  ];
  const stay = ["secret", "owner.json", "brand.new", "my.first"];
  const made = new Date(Date.now() - 61_000);
  for (const name of [...old, ...stay]) {
    writeFileSync(join(dir, name), "x");
    utimesSync(join(dir, name), made, made);
  }
  const young = "secret.fedcba987654.first";
  writeFileSync(join(dir, young), "x");
  removeUnfinished(dir);
  assert.deepEqual(readdirSync(dir).sort(), [...stay, young].sort());
  removeUnfinished(join(dir, "none"));
});
