import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { declarationsOf } from "./declarations.ts";

test("types of several sources become one file without imports; code among them is refused by its file's name", async () => {
  const dir = await mkdtemp(join(tmpdir(), "turnpike-declarations-"));
  try {
    const [a, b, code] = ["a.ts", "b.ts", "code.ts"].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(a, "export type A = string;\n");
    await writeFile(b, `import type {\n  A,\n} from "./a.ts";\n\nexport type B = A[];\n`);
    await writeFile(code, "export const one = 1;\n");
    assert.equal(await declarationsOf([a, b]), "export type A = string;\n\nexport type B = A[];\n");
    await assert.rejects(
      declarationsOf([a, code]),
      /^Error: build: code\.ts holds code, and declarations can be made of types alone$/,
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});
