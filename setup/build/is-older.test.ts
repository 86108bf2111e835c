import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isOlder } from "./is-older.ts";

const early = new Date(1_700_000_000_000);
const middle = new Date(1_700_000_100_000);
const late = new Date(1_700_000_200_000);

test("a build is old when it is missing, or anything under its sources changed after it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "turnpike-build-"));
  try {
    const [stamp, source, file] = [join(dir, "stamp"), join(dir, "source"), join(dir, "source/deep/a.ts")];
    await mkdir(join(source, "deep"), { recursive: true });
    await writeFile(file, "");
    const touch = (path: string, time: Date) => utimes(path, time, time);
    for (const path of [file, join(source, "deep"), source]) await touch(path, early);
    assert.equal(await isOlder(stamp, [source]), true, "there is none yet");
    await writeFile(stamp, "");
    await touch(stamp, middle);
    assert.equal(await isOlder(stamp, [source, file]), false);
    await touch(file, late);
    assert.equal(await isOlder(stamp, [source]), true, "a file was saved");
    await touch(file, early);
    await touch(join(source, "deep"), late);
    assert.equal(await isOlder(stamp, [source]), true, "a file was removed");
    assert.equal(await isOlder(stamp, [join(dir, "none")]), false, "a package without sources");
  } finally {
    await rm(dir, { recursive: true });
  }
});
