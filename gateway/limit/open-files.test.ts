import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { mostOpenFiles, watchOpenFiles } from "./open-files.ts";

const numbered = (fd: number): Socket => ({ _handle: { fd } }) as unknown as Socket; // all that is looked at

test("the bound of this process is read where the system says it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-limits-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "limits");
  writeFileSync(
    file,
    "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            256                  512                  files     \n",
  );
  assert.equal(mostOpenFiles(file), 256);
  writeFileSync(file, "Max open files            unlimited            unlimited            files     \n");
  assert.equal(mostOpenFiles(file), null);
  assert.equal(mostOpenFiles(join(folder, "nothing")), null);
});

test("half of the files are kept for what open connections need, and most of these may tell others so", () => {
  const files = watchOpenFiles(256, () => {});
  const rooms = [0, 127, 128, 239, 240, 255].map((fd) => files.roomFor(numbered(fd)));
  assert.deepEqual(rooms, ["enough", "enough", "little", "little", "none", "none"]);
  files.close();
});

test("where the bound is not known, or a socket has no number, there is room", () => {
  assert.equal(watchOpenFiles(null, () => {}).roomFor(numbered(4000)), "enough");
  assert.equal(watchOpenFiles(256, () => {}).roomFor({ _handle: null } as unknown as Socket), "enough");
});

test("that connections are turned away is said at once, then once a minute with their number", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const said: string[] = [];
  const files = watchOpenFiles(256, (sentence) => said.push(sentence));
  const turnAway = (n: number): void => {
    for (let i = 0; i < n; i++) files.roomFor(numbered(130));
  };
  turnAway(1);
  assert.match(
    said[0] ?? "",
    /^limits: 1 connection turned away, because this process may have 256 files .*LimitNOFILE/,
  );
  turnAway(7);
  t.mock.timers.tick(59_999);
  assert.equal(said.length, 1);
  t.mock.timers.tick(1);
  assert.match(said[1] ?? "", /^limits: 7 connections turned away/);
  t.mock.timers.tick(60_000);
  turnAway(1);
  assert.match(
    said[2] ?? "",
    /^limits: 1 connection /,
    "a minute without any is silent, and the next is told at once",
  );
  assert.equal(said.length, 3);
  files.close();
});
