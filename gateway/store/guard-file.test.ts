import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { guardFile } from "./guard-file.ts";

test("a file that was removed, replaced or moved with its folder is told, and one that is back is well", (t) => {
  const root = mkdtempSync(join(tmpdir(), "turnpike-guard-"));
  t.after(() => rmSync(root, { recursive: true }));
  const dir = join(root, "data");
  mkdirSync(dir);
  const file = join(dir, "turnpike.db");
  writeFileSync(file, "one");
  const check = guardFile(file);
  check();
  writeFileSync(file, "more of it");
  check();
  renameSync(dir, join(root, "away"));
  assert.throws(
    check,
    /turnpike\.db is not the file any more that was opened: put it back, or stop the gateway/,
  );
  mkdirSync(dir);
  writeFileSync(file, "another");
  assert.throws(check);
  rmSync(dir, { recursive: true });
  renameSync(join(root, "away"), dir);
  check();
});
