import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bundle } from "./bundle.ts";

test("a mistake in a source is one sentence that names the file, the line and the reason", async () => {
  const dir = await mkdtemp(join(tmpdir(), "turnpike-bundle-"));
  try {
    const entry = join(dir, "wrong.ts");
    await writeFile(entry, "const a = 1;\nconst a = 2;\n");
    await assert.rejects(bundle(entry, { target: "es2018" }), (error: Error) => {
      assert.match(error.message, /^build: wrong\.ts cannot be built: .*"a".*wrong\.ts:2\)$/);
      return true;
    });
  } finally {
    await rm(dir, { recursive: true });
  }
});
