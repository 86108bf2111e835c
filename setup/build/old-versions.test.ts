import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeOldVersions } from "./old-versions.ts";

test("of each script the ten newest versions stay, and everything that is no version", async () => {
  const dir = await mkdtemp(join(tmpdir(), "turnpike-versions-"));
  try {
    const versions = Array.from({ length: 12 }, (_, i) => `track.full.0000000${i.toString(16)}.js`);
    for (const [i, name] of versions.entries()) {
      await writeFile(join(dir, name), "");
      await utimes(join(dir, name), 1000 + i, 1000 + i);
    }
    const others = ["track.js", "track.full.js", "track.json", "track.0123abcd.js", ".built"];
    for (const name of others) await writeFile(join(dir, name), "");
    await removeOldVersions(dir);
    assert.deepEqual((await readdir(dir)).sort(), [...others, ...versions.slice(2)].sort());
  } finally {
    await rm(dir, { recursive: true });
  }
});
